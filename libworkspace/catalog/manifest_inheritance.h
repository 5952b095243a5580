#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/model/manifest.h"

namespace workspace {

/// How many manifests may stand behind each other.
inline constexpr std::size_t kMaxInherited = 4;

/// An admin's manifest and those it inherits from (`inherits: FILE`, relative to its folder).
class ManifestChain {
 public:
  /// Each file must pass open_trusted_file. Errors: as there and as parse_manifest, naming the file
  /// and line; kInvalid for a circle, and for more than kMaxInherited.
  static ManifestChain read(const std::string& path);

  /// The same, with what is wrong in the files and between them added to `faults`, which must
  /// outlive the chain. Errors: as open_trusted_file for the first manifest itself.
  static ManifestChain read(const std::string& path, YamlFaults& faults);

  /// One complete manifest of all of them: what the nearer one states counts, `needs` and `env`
  /// value by value. Relative paths are relative to the folder of the first. Errors: as read.
  [[nodiscard]] Manifest manifest() const;

  /// Refuses what the nearest manifest that has this key states there. Errors: of the kind of
  /// `fault`, naming the file and line.
  void refuse_value(std::string_view key, const Error& fault) const;

 private:
  struct Link {
    std::string path;    ///< absolute, without a `..`
    std::string folder;  ///< of the file, from the first one's folder: empty, or with a `/` behind
    YamlMap map;
  };

  static ManifestChain read(const std::string& path, YamlFaults* faults);
  [[nodiscard]] std::optional<Link> parent_of(const Link& child) const;
  void refuse_circle(const std::string& path) const;

  std::vector<Link> links_;  ///< the nearest first
  YamlFaults* faults_ = nullptr;
};

/// Reads a manifest and those it inherits from as one. Errors: as ManifestChain::read.
Manifest read_manifest(const std::string& path);

}  // namespace workspace
