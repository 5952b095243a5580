#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/image/tree_listing.h"
#include "libworkspace/model/guest_config.h"

namespace workspace {

/// The opened files of an image that its tree is made of.
struct OpenedImage {
  UniqueFd root;
  RootFormat format = RootFormat::kSquashfs;
  std::vector<UniqueFd> layers = {};  ///< squashfs, the lowest first
};

/// What an image's root file system holds, its layers laid over it, read without mounting it, by
/// tools without rights (sandbox.h). `tree_program` is workspace-tree's path, `name` what errors
/// call the image, `work_folder` where layers are unpacked meanwhile.
/// Errors: kInvalid and kNotFound for a file system that cannot be read; kTimeout; kHost.
TreeListing list_image(const OpenedImage& files, const std::string& name,
                       const std::string& tree_program, const std::string& work_folder,
                       Deadline deadline);

}  // namespace workspace
