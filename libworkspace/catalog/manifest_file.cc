#include "libworkspace/catalog/manifest_file.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxDescriptionBytes = 256;
constexpr std::size_t kMaxPathBytes = 1024;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 50;
constexpr std::uint64_t kMaxVcpus = 65535;

/// A text that may stand on a terminal and in a quoted YAML value as it is.
std::string parse_line(std::string_view what, const std::string& text, std::size_t max_bytes) {
  const bool clean = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!clean) throw Error(ErrorKind::kInvalid, std::string(what) + " must be one line");
  if (text.size() > max_bytes) {
    throw Error(ErrorKind::kInvalid, std::string(what) + " has " + std::to_string(text.size()) +
                                         " bytes; at most " + std::to_string(max_bytes) +
                                         " are allowed");
  }
  return text;
}

std::string parse_path(const std::string& text) {
  if (text.empty()) throw Error(ErrorKind::kInvalid, "the file's name is empty");
  return parse_line("the file's name", text, kMaxPathBytes);
}

std::uint64_t parse_number(std::string_view what, const std::string& text, std::uint64_t max) {
  const auto number = parse_decimal(text, max);
  if (!number) {
    throw Error(ErrorKind::kInvalid, std::string(what) + " '" + printable(text, 32) +
                                         "' is not a whole number up to " + std::to_string(max));
  }
  return *number;
}

std::string parse_boot(const std::string& text) {
  if (text != "agent")
    throw Error(ErrorKind::kInvalid,
                "boot '" + printable(text, 32) + "' is not known; there is agent");
  return text;
}

ImageFile read_file_entry(const YamlMap& map) {
  ImageFile file;
  file.path = map.required("file", parse_path);
  file.digest = map.optional("digest", [](const std::string& text) { return Digest::parse(text); });
  const auto size = map.optional(
      "size", [](const std::string& text) { return parse_number("size", text, kMaxFileBytes); });
  file.size_bytes = size.value_or(0);
  return file;
}

std::optional<ImageFile> read_own_file(const YamlMap& manifest, std::string_view key) {
  const auto map = manifest.optional_map(key);
  if (!map) return std::nullopt;
  map->allow_only({"file", "digest", "size"});
  return read_file_entry(*map);
}

ImageNeeds read_needs(const YamlMap& map) {
  map.allow_only({"memory", "vcpus", "disk"});
  const auto size = [&](std::string_view key) {
    return map.optional(key, [&](const std::string& text) { return parse_size_mib(text, key); });
  };
  ImageNeeds needs;
  needs.memory_mib = size("memory").value_or(needs.memory_mib);
  needs.disk_mib = size("disk").value_or(needs.disk_mib);
  const auto vcpus = map.optional("vcpus", [](const std::string& text) {
    return static_cast<std::uint32_t>(parse_number("vcpus", text, kMaxVcpus));
  });
  needs.vcpus = vcpus.value_or(needs.vcpus);
  return needs;
}

/// Double quotes around a text of which parse_line has approved.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string format_file(std::string_view key, const ImageFile& file, std::string_view format) {
  std::string text = std::string(key) + ":\n  file: " + quoted(file.path) + "\n";
  if (!format.empty()) text += "  format: " + std::string(format) + "\n";
  if (file.digest) {
    text += "  digest: " + file.digest->to_string() + "\n";
    text += "  size: " + std::to_string(file.size_bytes) + "\n";
  }
  return text;
}

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& file) {
  if (text.size() > kMaxManifestBytes) {
    throw Error(ErrorKind::kInvalid,
                file + ": a manifest has at most " + std::to_string(kMaxManifestBytes) + " bytes");
  }
  const YamlMap map = YamlMap::parse(text, file);
  map.allow_only({"name", "version", "description", "root", "kernel", "initrd", "boot", "needs"});
  auto name = map.required("name", ImageName::parse);
  auto version = map.required("version", ImageVersion::parse);
  Manifest manifest(std::move(name), std::move(version));
  const auto description = map.optional("description", [](const std::string& value) {
    return parse_line("description", value, kMaxDescriptionBytes);
  });
  manifest.description = description.value_or("");
  const YamlMap root = map.required_map("root");
  root.allow_only({"file", "format", "digest", "size"});
  manifest.root = read_file_entry(root);
  manifest.root_format = root.required("format", parse_root_format);
  manifest.kernel = read_own_file(map, "kernel");
  manifest.initrd = read_own_file(map, "initrd");
  map.optional("boot", parse_boot);
  if (const auto needs = map.optional_map("needs")) manifest.needs = read_needs(*needs);
  return manifest;
}

std::string format_manifest(const Manifest& manifest) {
  std::string text = "name: " + quoted(manifest.name.text()) + "\n";
  text += "version: " + quoted(manifest.version.text()) + "\n";
  text += "description: " + quoted(manifest.description) + "\n";
  text += format_file("root", manifest.root, name_of(manifest.root_format));
  if (manifest.kernel) text += format_file("kernel", *manifest.kernel, "");
  if (manifest.initrd) text += format_file("initrd", *manifest.initrd, "");
  text += "boot: agent\nneeds:\n";
  text += "  memory: " + std::to_string(manifest.needs.memory_mib) + "M\n";
  text += "  vcpus: " + std::to_string(manifest.needs.vcpus) + "\n";
  text += "  disk: " + std::to_string(manifest.needs.disk_mib) + "M\n";
  return text;
}

Digest manifest_digest(std::string_view bytes) { return Digest(sha256_of(bytes)); }

}  // namespace workspace
