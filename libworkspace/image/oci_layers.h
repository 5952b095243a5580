#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// What an OCI or Docker image manifest says of its file system: the digests of its layers (the hex
/// of a SHA-256), the lowest first. https://github.com/opencontainers/image-spec, manifest.md.
/// Errors: kInvalid for what is no such manifest, or has a digest of another kind or more layers
/// than overlayfs would take (500). Here oci_layers.cc and partition_table.cc alone use nlohmann's
/// JSON.
std::vector<std::string> layer_digests(std::string_view manifest_json);

/// What the name of a layer's entry means for the layers below (image-spec, layer.md).
struct Whiteout {
  enum class Kind { kNone, kName, kFolderContent, kIgnored };
  Kind kind = Kind::kNone;
  std::string path;  ///< what goes
};
/// `path` is a tree_path. Errors: kInvalid for a whiteout that names nothing or leads elsewhere.
Whiteout whiteout_of(std::string_view path);

}  // namespace workspace
