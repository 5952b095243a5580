#pragma once

#include <memory>

#include "libworkspace/image/file_tree.h"
#include "libworkspace/image/spool.h"

namespace workspace {

/// Writes a tree as a tar (pax) in the tree's order, with numeric owners and whole seconds, so that
/// equal trees give equal bytes. No time lies behind `newest_mtime_s`. Errors: kHost, such as for a
/// reader of the pipe that has gone.
void write_tar(const FileTree& tree, const Spool& spool, std::int64_t newest_mtime_s, int fd);

}  // namespace workspace
