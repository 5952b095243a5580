#pragma once

#include "libworkspace/image/tree_task.h"

namespace workspace {

/// Does a task: reads the source's tree, checks it, and writes what was asked for to `output_fd`.
/// What workspace-tree is made of; a test may call it in its own process. Errors: as EntrySource
/// and FileTree::add.
TreeSummary do_tree_task(const TreeTask& task, int output_fd);

}  // namespace workspace
