#include "libworkspace/catalog/manifest_inheritance.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/manifest_keys.h"
#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/catalog/yaml_values.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxPathBytes = 1024;

/// One manifest of the chain.
struct Link {
  std::string path;    ///< absolute, without a `..`
  std::string folder;  ///< of the file, from the first one's folder: empty, or with a `/` behind
  YamlMap map;
};

YamlMap read_map(const std::string& path) {
  const UniqueFd fd = open_trusted_file(path);
  YamlMap map = YamlMap::parse(read_all(fd.get(), kMaxManifestBytes, path), path);
  manifest_keys::check_known(map);
  return map;
}

std::optional<std::string> parent_of(const YamlMap& map) {
  return map.optional("inherits", [](const std::string& text) {
    if (text.empty()) throw Error(ErrorKind::kInvalid, "inherits names no file");
    return yaml_values::parse_line("inherits", text, kMaxPathBytes);
  });
}

std::string with_slash(const std::filesystem::path& folder) {
  return folder.empty() ? "" : folder.string() + "/";
}

[[noreturn]] void refuse_circle(const std::vector<Link>& chain, const std::string& path) {
  std::string text =
      chain.back().map.place_of("inherits") + ": the manifests inherit in a circle: ";
  for (const auto& link : chain) text += link.path + " > ";
  throw Error(ErrorKind::kInvalid, text + path);
}

/// The manifest and those behind it, the nearest first.
std::vector<Link> read_chain(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<Link> chain;
  chain.push_back({path, "", read_map(path)});
  while (const auto parent = parent_of(chain.back().map)) {
    const Link& child = chain.back();
    // Each part of a trusted path is checked to be no link, so `..` may be taken as it is written.
    const fs::path named = (fs::path(child.folder) / *parent).lexically_normal();
    const std::string absolute = (fs::path(path).parent_path() / named).lexically_normal().string();
    const bool known = std::any_of(chain.begin(), chain.end(),
                                   [&](const auto& link) { return link.path == absolute; });
    if (known) refuse_circle(chain, absolute);
    if (chain.size() > kMaxInherited) {
      throw Error(ErrorKind::kInvalid, child.map.place_of("inherits") + ": more than " +
                                           std::to_string(kMaxInherited) +
                                           " manifests inherit from each other");
    }
    try {
      chain.push_back({absolute, with_slash(named.parent_path()), read_map(absolute)});
    } catch (Error& e) {
      if (e.kind() == ErrorKind::kNotFound || e.kind() == ErrorKind::kDenied)
        throw e.in(chain.back().map.place_of("inherits"));
      throw;
    }
  }
  return chain;
}

}  // namespace

Manifest read_manifest(const std::string& path) {
  const auto chain = read_chain(path);
  const YamlMap& own = chain.front().map;
  Manifest manifest = manifest_keys::begin(own);
  for (auto link = chain.rbegin(); link != chain.rend(); ++link)
    manifest_keys::apply(link->map, link->folder, manifest);
  manifest_keys::check_complete(own, manifest);
  return manifest;
}

}  // namespace workspace
