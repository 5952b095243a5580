#pragma once

#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/image/tree_listing.h"
#include "libworkspace/model/guest_config.h"

namespace workspace {

/// What an image's root file system holds, read without mounting it, by tools without rights
/// (sandbox.h). `tree_program` is workspace-tree's path, `name` what errors call the image.
/// Errors: kInvalid and kNotFound for a file system that cannot be read; kTimeout; kHost.
TreeListing list_image(const UniqueFd& root, RootFormat format, const std::string& name,
                       const std::string& tree_program, Deadline deadline);

}  // namespace workspace
