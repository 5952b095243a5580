#pragma once

#include <slurm/spank.h>

#include <string>

namespace workspace {

/// The request's name in the job's control environment. The prolog sees it with Slurm's prefix
/// SPANK_; sbatch and salloc put a copy with the prefix SLURM_SPANK_ into the job's own
/// environment.
inline constexpr char kRequestVariable[] = "WORKSPACE";
inline constexpr char kRequestCopy[] = "SLURM_SPANK_WORKSPACE";

/// For sbatch, salloc and srun, once all options are known: chooses the workspace, has `workspace
/// resolve` pin it to a digest, and puts the request into the job's control environment. A job
/// without a workspace costs nothing here. What is refused ends the command (refuse_submission).
void submit_workspace(spank_t spank) noexcept;

/// Ends the command that submits with one line `COMMAND: error: workspace: REASON` and status 1, so
/// that nothing is queued. Returning -1 to Slurm would add two lines that explain nothing, and
/// would queue the job all the same where plugstack.conf has `optional` for this plugin.
[[noreturn]] void refuse_submission(const std::string& reason) noexcept;

}  // namespace workspace
