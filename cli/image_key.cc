#include "cli/deed.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/secret_keys.h"
#include "cli/subcommands.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/key_folder.h"
#include "libworkspace/catalog/name_pattern.h"

namespace workspace::cli {
namespace {

key_folder::NewKey role_of(const Arguments& arguments) {
  key_folder::NewKey role{*arguments.word(0), {}, {}};
  for (const auto& pattern : split(arguments.value("--images").value_or("*"), ','))
    role.images.push_back(parse_name_pattern(pattern));
  if (const auto expires = arguments.value("--expires"))
    role.expires = parse_utc_time(*expires, "--expires");
  return role;
}

/// `trusted`, or why its signatures count for nothing.
std::string state_of(const TrustedKey& key, const Revocations& revocations, UtcTime now) {
  const auto revoked = revocations.keys.find(key.key.id);
  if (revoked != revocations.keys.end()) return "revoked: " + revoked->second;
  return key.expires && *key.expires <= now ? "expired" : "trusted";
}

std::string keys_json(const TrustedKeys& trusted) {
  Json json;
  json.begin_object().begin_array("keys");
  for (const auto& key : trusted.keys) {
    json.begin_object()
        .field("name", key.name)
        .field("id", key.key.id.to_string())
        .field("public_key", key.key.to_string())
        .field("images", join(key.images, ","))
        .field("state", state_of(key, trusted.revocations, utc_now()));
    if (key.expires) json.field("expires", format_utc_time(*key.expires));
    json.end_object();
  }
  json.end_array().end_object();
  return json.text();
}

}  // namespace

int run_image_key_new(const Arguments& arguments) {
  const auto named = arguments.value("--keys");
  const std::string folder = named ? absolute_path(*named) : site_config(arguments).keys;
  const auto role = role_of(arguments);
  check_key_name(role.name);
  const auto file = arguments.value("--secret");
  const std::string secret = file ? absolute_path(*file) : secret_key_path(role.name);
  const TrustedKey key = key_folder::make_key(folder, role, secret);
  const std::string text = "made the key " + key.key.id.to_string() + "\n  it is trusted by " +
                           trusted_key_path(folder, key.name) +
                           "; copy this file to that folder of every machine\n  its secret is " +
                           secret + "; keep it where images are approved and nowhere else\n";
  return tell_deed(arguments, "image key new", text, [&](Json& json) {
    json.field("key", key.name)
        .field("key_id", key.key.id.to_string())
        .field("public_key", key.key.to_string())
        .field("key_file", trusted_key_path(folder, key.name))
        .field("secret_file", secret);
  });
}

int run_image_key_list(const Arguments& arguments) {
  const auto trusted = TrustedKeys::read(site_config(arguments).keys);
  if (arguments.has("--json")) return print(keys_json(trusted));
  if (trusted.keys.empty()) return print("no key is trusted\n");
  std::vector<std::vector<std::string>> rows = {{"KEY", "ID", "IMAGES", "EXPIRES", "STATE"}};
  for (const auto& key : trusted.keys) {
    rows.push_back({key.name, key.key.id.to_string(), join(key.images, ","),
                    key.expires ? format_utc_time(*key.expires) : "never",
                    state_of(key, trusted.revocations, utc_now())});
  }
  return print(format_table(rows));
}

}  // namespace workspace::cli
