#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/fd.h"

namespace workspace {

/// What a fenced program may do with a file.
enum class FenceRights {
  kRead,   ///< read it, and run it
  kWrite,  ///< read, write and truncate it
};

/// Of the files that a fenced program may open, one.
struct FencedFile {
  UniqueFd file;  ///< opened, O_PATH is enough
  FenceRights rights = FenceRights::kRead;
};

/// A rule set of landlock(7) for a program that may open these files and no others, list no folder
/// and make or remove nothing; `Command::fence_fd` puts it on. What it does not hide is a file's
/// attributes, asked for by its name. Errors: kDenied where the node's kernel has no Landlock;
/// kHost.
UniqueFd make_file_fence(const std::vector<FencedFile>& files);

}  // namespace workspace
