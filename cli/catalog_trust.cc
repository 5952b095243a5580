#include "cli/deed.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/key_folder.h"
#include "libworkspace/catalog/name_pattern.h"

namespace workspace::cli {
namespace {

constexpr std::size_t kKeyLetters = 56;

/// The key itself, or minisign's file of it, whose last line it is.
minisign::PublicKey read_key(const std::string& word) {
  // Every key of Ed25519 begins like that, in base64.
  if (word.size() == kKeyLetters && word.starts_with("RW")) return minisign::PublicKey::parse(word);
  std::string text = read_file(word, minisign::kMaxFileBytes);
  while (text.ends_with('\n')) text.pop_back();
  try {
    return minisign::PublicKey::parse(text.substr(text.rfind('\n') + 1));
  } catch (Error& e) {
    throw e.in(word);
  }
}

}  // namespace

int run_catalog_trust(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  TrustedKey key{*arguments.word(0), read_key(*arguments.word(1)), {}, {}};
  for (const auto& pattern : split(arguments.value("--images").value_or("*"), ','))
    key.images.push_back(parse_name_pattern(pattern));
  if (const auto expires = arguments.value("--expires"))
    key.expires = parse_utc_time(*expires, "--expires");
  key_folder::trust(config.catalog_keys, key, arguments.has("--replace"));
  const std::string text = "the catalogue '" + key.name + "' is trusted by the key " +
                           key.key.id.to_string() + ", for the images " + join(key.images, ", ") +
                           "\nnext: workspace catalog fetch URL\n";
  return tell_deed(arguments, "catalog trust", text, [&](Json& json) {
    json.field("catalog", key.name)
        .field("key_id", key.key.id.to_string())
        .field("may_bring", join(key.images, ","))
        .field("expires", key.expires ? format_utc_time(*key.expires) : "never");
  });
}

}  // namespace workspace::cli
