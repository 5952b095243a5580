#pragma once

#include "libworkspace/base/fd.h"

namespace workspace::exec {

/// Takes the connection that the plugin left open, away from numbers 0 to 2: a task that was
/// started with one of them closed may have got it there, and it is not the task's. Errors: kUsage.
UniqueFd take_connection(int fd);

/// Puts /dev/null at those of 0 to 2 that are closed, so that nothing this program opens lands
/// there.
void fill_closed_stdio();

}  // namespace workspace::exec
