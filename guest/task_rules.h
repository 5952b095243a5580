#pragma once

#include "libworkspace/guest/task_spec.h"
#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// Makes of the task that Slurm describes outside the one that is to run inside: its environment
/// (task_environment.h) and the folder it starts in, which is the job's --workspace-workdir, or its
/// own, or the image's `workdir` where its own is not there. A bare login shell on a terminal is
/// one that the image has. What was started from inside is left as it is.
void apply_task_rules(TaskSpec& spec, const GuestConfig& config);

}  // namespace workspace::agent
