#pragma once

#include <array>

#include "libworkspace/base/fd.h"
#include "libworkspace/guest/task_spec.h"

namespace workspace {

/// Takes the connection that the plugin left open, away from numbers 0 to 2: a task that was
/// started with one of them closed may have got it there, and it is not the task's. Errors: kUsage.
UniqueFd take_connection(int fd);

/// What descriptor `fd` is, of those kinds that stand for one descriptor alone: a terminal is
/// kTerminal, and stdio_kinds() decides whether the other side needs one.
StdioKind kind_of(int fd);

/// Whether two descriptors are of one file, pipe, socket or device: a batch script's stdout and
/// stderr are, unless --error was given.
bool are_one_file(int first, int second);

/// What descriptors 0 to 2 are to be on the other side.
std::array<StdioKind, kStreamCount> stdio_kinds();

/// Puts /dev/null at those of 0 to 2 that are closed, so that nothing this program opens lands
/// there.
void fill_closed_stdio();

}  // namespace workspace
