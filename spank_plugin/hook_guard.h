#pragma once

#include <functional>

namespace workspace {

/// Runs the body of a hook or callback that Slurm calls. No exception crosses into Slurm: each
/// becomes one line `error: workspace: TEXT` where this process reports errors (the user's terminal
/// for sbatch, salloc and srun, the log for slurmd and slurmstepd), and -1.
int guard_hook(const std::function<void()>& body) noexcept;

}  // namespace workspace
