#include "libworkspace/catalog/manifest_inheritance.h"

#include <algorithm>
#include <filesystem>

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

YamlMap read_map(const std::string& path, YamlFaults* faults) {
  const UniqueFd fd = open_trusted_file(path);
  const std::string text = read_all(fd.get(), kMaxManifestBytes, path);
  YamlMap map =
      faults != nullptr ? YamlMap::parse(text, path, *faults) : YamlMap::parse(text, path);
  manifest_keys::check_known(map);
  return map;
}

std::optional<std::string> inherited_by(const YamlMap& map) {
  return map.optional("inherits", [](const std::string& text) {
    if (text.empty()) throw Error(ErrorKind::kInvalid, "inherits names no file");
    return yaml_values::parse_line("inherits", text, kMaxPathBytes);
  });
}

std::string with_slash(const std::filesystem::path& folder) {
  return folder.empty() ? "" : folder.string() + "/";
}

}  // namespace

ManifestChain ManifestChain::read(const std::string& path) { return read(path, nullptr); }

ManifestChain ManifestChain::read(const std::string& path, YamlFaults& faults) {
  return read(path, &faults);
}

ManifestChain ManifestChain::read(const std::string& path, YamlFaults* faults) {
  ManifestChain chain;
  chain.faults_ = faults;
  std::optional<Link> next(Link{path, "", read_map(path, faults)});
  while (next) {
    chain.links_.push_back(*std::move(next));
    next = chain.parent_of(chain.links_.back());
  }
  return chain;
}

std::optional<ManifestChain::Link> ManifestChain::parent_of(const Link& child) const {
  namespace fs = std::filesystem;
  const auto parent = inherited_by(child.map);
  if (!parent) return std::nullopt;
  // Each part of a trusted path is checked to be no link, so `..` may be taken as it is written.
  const fs::path named = (fs::path(child.folder) / *parent).lexically_normal();
  const fs::path first_folder = fs::path(links_.front().path).parent_path();
  const std::string absolute = (first_folder / named).lexically_normal().string();
  const bool known = std::any_of(links_.begin(), links_.end(),
                                 [&](const auto& link) { return link.path == absolute; });
  if (known) {
    refuse_circle(absolute);
    return std::nullopt;
  }
  if (links_.size() > kMaxInherited) {
    child.map.refuse_value("inherits", "more than " + std::to_string(kMaxInherited) +
                                           " manifests inherit from each other");
    return std::nullopt;
  }
  try {
    return Link{absolute, with_slash(named.parent_path()), read_map(absolute, faults_)};
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kNotFound && e.kind() != ErrorKind::kDenied) throw;
    child.map.refuse_value("inherits", e);
  }
  return std::nullopt;
}

void ManifestChain::refuse_circle(const std::string& path) const {
  std::string text = "the manifests inherit in a circle: ";
  for (const auto& link : links_) text += link.path + " > ";
  links_.back().map.refuse_value("inherits", text + path);
}

void ManifestChain::refuse_value(std::string_view key, const Error& fault) const {
  for (const auto& link : links_)
    if (link.map.has(key)) return link.map.refuse_value(key, fault);
  links_.front().map.refuse_value(key, fault);
}

Manifest ManifestChain::manifest() const {
  const YamlMap& own = links_.front().map;
  Manifest manifest = manifest_keys::begin(own);
  for (auto link = links_.rbegin(); link != links_.rend(); ++link)
    manifest_keys::apply(link->map, link->folder, manifest);
  // The root that is missing may be that of a manifest which could not be read.
  const bool broken = links_.back().map.has("inherits");
  if (!broken) manifest_keys::check_complete(own, manifest);
  return manifest;
}

Manifest read_manifest(const std::string& path) { return ManifestChain::read(path).manifest(); }

}  // namespace workspace
