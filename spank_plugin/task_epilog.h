#pragma once

#include <slurm/spank.h>

namespace workspace {

/// In slurmstepd once all tasks are forked: what remains of the step's environment is for the
/// site's TaskEpilog, which slurmstepd starts itself. It sees what the site's TaskProlog sees of a
/// task in a workspace, and nothing of the task's environment that could move it.
void prepare_task_epilog(spank_t spank) noexcept;

}  // namespace workspace
