#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// Why the step that `argv`, srun's command line, starts may not be one of a job with a workspace,
/// by one word; empty where it may.
/// - `task-epilog`: the user brings one (--task-epilog, SLURM_TASK_EPILOG, which
///   `has_task_epilog_variable` tells of). slurmstepd would start it itself, on the node and as the
///   user, and asks no plugin.
/// - `pmix`: the step is to speak PMIx (--mpi=pmix), whose client looks for its server at a port of
///   its own host and in files that it maps. In the VM neither is there.
std::string_view step_refusal(const std::vector<std::string>& argv, bool has_task_epilog_variable);

/// What the user is told of it: something for every word, for it can be forged; nothing for none.
std::string_view text_of_step_refusal(std::string_view word);

}  // namespace workspace
