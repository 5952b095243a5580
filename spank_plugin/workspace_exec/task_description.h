#pragma once

#include <string>
#include <vector>

#include "libworkspace/guest/task_spec.h"

namespace workspace::exec {

/// The task that slurmstepd set up in this very process, for the guest to be made the same:
/// environment, working directory, umask, limits and the kinds of descriptors 0 to 2.
TaskSpec describe_task(const std::vector<std::string>& argv, const std::string& script_path);

/// The environment less SLURM_RLIMIT_*, which slurmstepd removes once it has set the limits.
std::vector<std::string> task_environment(const char* const* environment);

/// The limits that the user had at submission, which slurmstepd propagates as SLURM_RLIMIT_NAME: it
/// would set them only after the plugin has taken over. A value is a number of getrlimit(2), with
/// `U` in front where the user asked for it in so many words. What is not there is this process's
/// own.
std::vector<ResourceLimit> task_limits(const char* const* environment);

}  // namespace workspace::exec
