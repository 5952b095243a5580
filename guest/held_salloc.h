#pragma once

#include <string>
#include <vector>

#include "libworkspace/guest/task_spec.h"

namespace workspace::agent {

/// salloc from inside: the node's salloc makes the allocation and holds it, the command runs here,
/// with what salloc adds to the environment, and its end gives the allocation back. Without a
/// command it is the user's shell. Returns salloc's exit status. Errors: kDenied, kGuest.
int run_held_salloc(TaskSpec spec, std::vector<std::string> command);

}  // namespace workspace::agent
