#include "libworkspace/catalog/manifest_file.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/access_keys.h"
#include "libworkspace/catalog/cap_keys.h"
#include "libworkspace/catalog/manifest_keys.h"
#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/catalog/yaml_values.h"

namespace workspace {
namespace {

using yaml_values::quoted;

std::string line(std::string_view key, std::string_view value) {
  return std::string(key) + ": " + quoted(value) + "\n";
}

std::string line_unless_empty(std::string_view key, std::string_view value) {
  return value.empty() ? "" : line(key, value);
}

std::string format_time(std::string_view key, const std::optional<UtcTime>& time) {
  return time ? std::string(key) + ": " + format_utc_time(*time) + "\n" : "";
}

std::string format_file(std::string_view key, const ImageFile& file, std::string_view format) {
  std::string text = std::string(key) + ":\n  " + line("file", file.path);
  if (!format.empty()) text += "  format: " + std::string(format) + "\n";
  if (file.digest) {
    text += "  digest: " + file.digest->to_string() + "\n";
    text += "  size: " + std::to_string(file.size_bytes) + "\n";
  }
  return text;
}

std::string indented(const std::string& text) {
  std::string lines;
  for (const auto& line : split(text, '\n'))
    if (!line.empty()) lines += "  " + line + "\n";
  return lines;
}

std::string format_layers(const std::vector<ImageFile>& layers) {
  std::string text = layers.empty() ? "" : "layers:\n";
  for (std::size_t i = 0; i < layers.size(); ++i)
    text += indented(format_file(std::to_string(i + 1), layers[i], ""));
  return text;
}

std::string format_needs(const ImageNeeds& needs) {
  std::string text = "needs:\n";
  text += "  memory: " + std::to_string(needs.memory_mib) + "M\n";
  text += "  vcpus: " + std::to_string(needs.vcpus) + "\n";
  text += "  disk: " + std::to_string(needs.disk_mib) + "M\n";
  if (needs.architecture != ImageNeeds().architecture)
    text += "  architecture: " + needs.architecture + "\n";
  if (needs.gpus != 0) text += "  gpu: " + std::to_string(needs.gpus) + "\n";
  return text;
}

std::string format_list(std::string_view key, const std::vector<std::string>& items) {
  if (items.empty()) return std::string(key) + ": []\n";
  std::string text = std::string(key) + ":\n";
  for (const auto& item : items) text += "  - " + quoted(item) + "\n";
  return text;
}

/// Written only where it differs from the default, so that a manifest that never heard of a key
/// keeps its digest.
std::string format_inside(const Manifest& manifest) {
  std::string text;
  if (!manifest.env.empty()) text += "env:\n";
  for (const auto& variable : manifest.env) text += "  " + line(variable.name, variable.value);
  text += line_unless_empty("workdir", manifest.workdir);
  if (!manifest.mounts.empty()) {
    std::vector<std::string> mounts;
    for (const auto& mount : manifest.mounts) mounts.push_back(mount.to_string());
    text += format_list("mounts", mounts);
  }
  if (manifest.allow_root) text += "allow_root: true\n";
  if (manifest.allow_save) text += "allow_save: true\n";
  if (manifest.network != ImageNetwork::kPrivate)
    text += "network: " + std::string(name_of(manifest.network)) + "\n";
  if (manifest.host_commands) text += format_list("host_commands", *manifest.host_commands);
  if (manifest.caps != RateCaps()) text += "caps:\n" + cap_keys::format(manifest.caps);
  if (!manifest.access.is_open()) text += "access:\n" + access_keys::format(manifest.access);
  return text;
}

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& file) {
  if (text.size() > kMaxManifestBytes) {
    throw Error(ErrorKind::kInvalid,
                file + ": a manifest has at most " + std::to_string(kMaxManifestBytes) + " bytes");
  }
  const YamlMap map = YamlMap::parse(text, file);
  manifest_keys::check_known(map);
  map.optional("inherits", [](const std::string&) -> int {
    throw Error(ErrorKind::kInvalid, "a registered manifest inherits nothing: it is complete");
  });
  Manifest manifest = manifest_keys::begin(map);
  manifest_keys::apply(map, "", manifest);
  manifest_keys::check_complete(map, manifest);
  return manifest;
}

std::string format_manifest(const Manifest& manifest) {
  std::string text = line("name", manifest.name.text());
  text += line("version", manifest.version.text());
  text += line("description", manifest.description);
  text += line_unless_empty("maintainer", manifest.maintainer);
  text += line_unless_empty("licence", manifest.licence);
  text += line_unless_empty("owner", manifest.owner);
  text += line_unless_empty("base", manifest.base);
  text += format_time("created", manifest.created);
  text += format_time("expires", manifest.expires);
  text += format_file("root", manifest.root, name_of(manifest.root_format));
  text += format_layers(manifest.layers);
  if (manifest.kernel) text += format_file("kernel", *manifest.kernel, "");
  if (manifest.initrd) text += format_file("initrd", *manifest.initrd, "");
  if (manifest.kernel_options) text += line("kernel_options", *manifest.kernel_options);
  text += "boot: " + std::string(name_of(manifest.boot)) + "\n";
  text += format_needs(manifest.needs);
  return text + format_inside(manifest);
}

Digest manifest_digest(std::string_view bytes) { return Digest(sha256_of(bytes)); }

}  // namespace workspace
