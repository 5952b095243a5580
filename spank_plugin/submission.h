#pragma once

#include <slurm/spank.h>

namespace workspace {

/// For sbatch, salloc and srun, once all options are known: chooses the workspace, has `workspace
/// resolve` pin it to a digest, and puts the request into the job's control environment, from where
/// the prolog gets it as SPANK_WORKSPACE. A job without a workspace costs nothing here.
/// Errors: whatever refuses the submission, as one line for the user; nothing is queued then.
void submit_workspace(spank_t spank);

}  // namespace workspace
