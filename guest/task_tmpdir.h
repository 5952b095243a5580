#pragma once

#include <string>
#include <vector>

namespace workspace::agent {

/// Makes the folder that a task's TMPDIR names, as slurmstepd does for the tasks that it starts:
/// mode 0700, its parent being there. Where that cannot be, TMPDIR becomes `/tmp`, which it also is
/// when it is not set. To be called as the task's user. Returns a line for the user's stderr, or
/// nothing.
std::string make_tmpdir(std::vector<std::string>& environment);

}  // namespace workspace::agent
