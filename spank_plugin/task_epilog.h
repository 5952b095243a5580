#pragma once

#include <slurm/spank.h>

namespace workspace {

/// slurmstepd starts task epilogs itself, on the node and as the user, and asks no plugin. So a
/// step whose user brings one (srun --task-epilog, SLURM_TASK_EPILOG) does not go into a workspace,
/// and the site's TaskEpilog sees nothing of the task's environment that could move it.

/// In srun: whether its user brings a task epilog. The step's nodes learn it by a variable, for
/// srun does not know whether the job that it makes a step of has a workspace.
bool announce_task_epilog();

/// Why nobody may bring one.
inline constexpr char kTaskEpilogRefusal[] =
    "--task-epilog (SLURM_TASK_EPILOG) would run on the node; it may not be used with a workspace";

/// In slurmstepd, as root, before anything of the step runs: looks at that variable and at whether
/// the job has a workspace here, and takes the variable out of the tasks' environment.
void look_for_task_epilog(spank_t spank) noexcept;

/// In slurmstepd before it makes the step's tasks: -1, with a line to the user, where the step is
/// to be refused, else 0. It is refused as a whole: a task that ends has its epilog run.
int refuse_task_epilog() noexcept;

/// In slurmstepd once all tasks are forked: what remains of the step's environment is for the
/// site's TaskEpilog. It sees what the site's TaskProlog sees of a task in a workspace.
void prepare_task_epilog(spank_t spank) noexcept;

}  // namespace workspace
