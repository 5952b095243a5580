#pragma once

#include <slurm/spank.h>

#include "libworkspace/model/job_names.h"

namespace workspace {

/// How a task enters its job's workspace, in the process that slurmstepd has forked for it.
///
/// The job's folder on this node, which only root can make, decides: where it is, the task runs in
/// the workspace or not at all, whatever options and environment say. Where it is not, the task is
/// a plain one, and all this costs is one stat.

/// Whether it is there. Only root may ask. Looked at once in a slurmstepd, which is of one job and
/// is started when the job's prolog is over; the processes that it forks for tasks know it from
/// there. Errors: kHost.
bool has_workspace(JobId job);

/// The first half, as root: reads the record and connects to the guest's agent. What goes wrong is
/// kept for the second half, which can tell the user.
void prepare_entry(spank_t spank) noexcept;

/// The second half, as the user, with the task's own stdio: becomes workspace-exec, or writes one
/// line `workspace: REASON` to the task's stderr and ends the task. It returns for a plain task
/// alone. A refusal does not return -1: Slurm would run the task on the node all the same where
/// plugstack.conf has `optional` for this plugin.
void enter_workspace(spank_t spank) noexcept;

}  // namespace workspace
