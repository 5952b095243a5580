#include "libworkspace/catalog/trusted_keys.h"

#include <algorithm>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/name_pattern.h"
#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/catalog/yaml_values.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxKeyBytes = 65536;
constexpr std::size_t kMaxRevocationsBytes = 1 << 20;
constexpr std::size_t kMaxReasonBytes = 256;
constexpr std::string_view kSuffix = ".yaml";
constexpr std::string_view kRevokedName = "revoked";

std::string read_text(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd = open_trusted_file(path);
  return read_all(fd.get(), max_bytes, path);
}

/// The names of the YAML files in a folder, without their suffix; none when it is not there.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  try {
    (void)open_trusted_folder(folder);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return names;
    throw;
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if (!name.ends_with(kSuffix) || name.starts_with('.')) continue;
    name.resize(name.size() - kSuffix.size());
    names.push_back(std::move(name));
  }
  if (error) throw_errno("reading " + folder, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

std::string check_reason(const std::string& text) {
  return yaml_values::parse_line("the reason", text, kMaxReasonBytes);
}

/// The reasons under a key, each by what `parse` makes of the word in front of it.
template <class Parse>
auto reasons(const YamlMap& map, std::string_view key, Parse parse)
    -> std::map<decltype(parse(std::string())), std::string> {
  std::map<decltype(parse(std::string())), std::string> result;
  const auto entries = map.optional_map(key);
  if (!entries) return result;
  for (const auto& word : entries->keys([&](const std::string& text) { (void)parse(text); })) {
    auto reason = entries->required(word, check_reason);
    result.emplace(parse(word), std::move(reason));
  }
  return result;
}

TrustedKeys read_folder(const std::string& folder) {
  TrustedKeys trusted;
  for (const auto& name : names_in(folder)) {
    const std::string path = trusted_key_path(folder, name);
    if (name == kRevokedName) {
      trusted.revocations = parse_revocations(read_text(path, kMaxRevocationsBytes), path);
      continue;
    }
    TrustedKey key = parse_trusted_key(read_text(path, kMaxKeyBytes), name, path);
    if (const TrustedKey* other = trusted.find(key.key.id)) {
      throw Error(ErrorKind::kInvalid,
                  path + " has the same key id as " + trusted_key_path(folder, other->name));
    }
    trusted.keys.push_back(std::move(key));
  }
  return trusted;
}

void write_text(const std::string& folder, std::string_view name, const std::string& text) {
  make_trusted_folder(folder, 0755);
  write_file_atomic(trusted_key_path(folder, name), text, 0644);
}

}  // namespace

bool TrustedKey::covers(const ImageName& image) const {
  return std::any_of(images.begin(), images.end(), [&](const std::string& pattern) {
    return matches_name_pattern(pattern, image);
  });
}

TrustedKey parse_trusted_key(std::string_view text, const std::string& name,
                             const std::string& file) {
  const YamlMap map = YamlMap::parse(text, file);
  map.allow_only({"public_key", "images", "expires"});
  try {
    check_key_name(name);
  } catch (Error& e) {
    throw e.in(file);
  }
  const minisign::PublicKey none{minisign::KeyId({}), {}};
  TrustedKey key{name, map.required("public_key", minisign::PublicKey::parse, none), {"*"}, {}};
  if (auto images = map.optional_list("images", parse_name_pattern)) key.images = *images;
  key.expires = map.optional(
      "expires", [](const std::string& value) { return parse_utc_time(value, "expires"); });
  return key;
}

std::string format_trusted_key(const TrustedKey& key) {
  std::string text = "public_key: " + key.key.to_string() + "\n";
  text += "images: [\"" + join(key.images, "\", \"") + "\"]\n";
  if (key.expires) text += "expires: " + format_utc_time(*key.expires) + "\n";
  return text;
}

Revocations parse_revocations(std::string_view text, const std::string& file) {
  const YamlMap map = YamlMap::parse(text, file);
  map.allow_only({"keys", "digests"});
  Revocations revocations;
  revocations.keys = reasons(map, "keys", minisign::KeyId::parse);
  revocations.digests = reasons(map, "digests", Digest::parse);
  return revocations;
}

std::string format_revocations(const Revocations& revocations) {
  std::string text;
  const auto add = [&](std::string_view key, const auto& entries) {
    if (entries.empty()) return;
    text += std::string(key) + ":\n";
    for (const auto& [word, reason] : entries)
      text += "  \"" + word.to_string() + "\": " + yaml_values::quoted(check_reason(reason)) + "\n";
  };
  add("keys", revocations.keys);
  add("digests", revocations.digests);
  return text;
}

TrustedKeys TrustedKeys::read(const std::string& folder) {
  try {
    return read_folder(folder);
  } catch (const Error& e) {
    throw Error(ErrorKind::kHost, "the site's keys cannot be used: " + e.text());
  }
}

const TrustedKey* TrustedKeys::find(const minisign::KeyId& id) const {
  const auto at =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.key.id == id; });
  return at == keys.end() ? nullptr : &*at;
}

std::string trusted_key_path(const std::string& folder, std::string_view name) {
  return folder + "/" + std::string(name) + std::string(kSuffix);
}

void check_key_name(std::string_view name) {
  try {
    (void)ImageName::parse(name);
  } catch (const Error&) {
    throw Error(ErrorKind::kInvalid, "'" + printable(name, 64) +
                                         "' is not a key's name; allowed are lower-case letters, "
                                         "digits, '.', '_' and '-', at most 64");
  }
  if (name == kRevokedName)
    throw Error(ErrorKind::kInvalid,
                "'revoked' is not a key's name: the list of revocations has it");
}

void write_trusted_key(const std::string& folder, const TrustedKey& key) {
  const std::string text = format_trusted_key(key);
  (void)parse_trusted_key(text, key.name, trusted_key_path(folder, key.name));
  write_text(folder, key.name, text);
}

void write_revocations(const std::string& folder, const Revocations& revocations) {
  const std::string text = format_revocations(revocations);
  (void)parse_revocations(text, trusted_key_path(folder, kRevokedName));
  write_text(folder, kRevokedName, text);
}

}  // namespace workspace
