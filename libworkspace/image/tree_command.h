#pragma once

#include "libworkspace/base/error.h"
#include "libworkspace/base/process.h"
#include "libworkspace/image/sandbox.h"
#include "libworkspace/image/tree_task.h"

namespace workspace {

/// workspace-tree with its task. `program` is its opened file: the sandbox need not have a way to
/// the folder it is in. Its descriptors are kept_fds for the caller to add to.
Command tree_command(const UniqueFd& program, const TreeTask& task, const SandboxLimits& limits);

/// Opens workspace-tree. Errors: kHost.
UniqueFd open_tree_program(const std::string& path);

/// The error that a workspace-tree which failed told: its exit status is the kind's, its last line
/// the text.
Error error_of_tree(const CommandResult& result);

/// The last line of what a program said.
std::string last_line(std::string text);

}  // namespace workspace
