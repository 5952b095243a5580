#pragma once

#include <slurm/spank.h>

#include <string_view>

namespace workspace {

/// A step that does not go with a workspace (step_refusal.h) is refused as a whole, in one line.
/// srun does not know whether the job that it makes a step of has one, the step's nodes do: they
/// learn of it by a variable.

/// In srun: what its user is told if the step turns out to be one of a job with a workspace; empty
/// where it may be one.
std::string_view announce_step_refusal();

/// In slurmstepd, as root, before anything of the step runs: looks at that variable and at whether
/// the job has a workspace here, and takes the variable out of the tasks' environment.
void look_for_step_refusal(spank_t spank) noexcept;

/// In slurmstepd before it makes the step's tasks: -1, with a line to the user, where the step is
/// to be refused, else 0. Not each task by itself: one that ends has its epilog run.
int refuse_step() noexcept;

}  // namespace workspace
