#pragma once

#include <string>
#include <vector>

#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/manifest.h"

namespace workspace {

/// Where this node has what an image's guest is booted from.
struct StagedImage {
  std::string root;
  std::vector<std::string> layers;  ///< the lowest first
  std::string kernel;
  std::string initrd;
  bool copied = false;  ///< whether a file was not here before
};

/// Brings a registered image's files into the node's cache, where they are not there yet, and makes
/// room for them. Kernel and initrd are the site's where the image brings none. Errors: as
/// NodeCache::ensure.
StagedImage stage_image(Node& node, const Manifest& image);

}  // namespace workspace
