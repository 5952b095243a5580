#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libworkspace/slurm/job_query.h"

namespace workspace::cli {

/// The node of the job that is meant, if the caller may go there. Errors: kNotFound for a job that
/// is not there, does not run, or not on that node; kDenied for another user's.
std::string choose_node(JobId job, const std::optional<JobPlace>& place, std::uint32_t uid,
                        const std::optional<std::string>& wanted_node);

/// The srun that runs `command` as one more step of the job: beside its other steps, on their CPUs.
std::vector<std::string> step_command(JobId job, const std::string& node, bool terminal,
                                      const std::vector<std::string>& command);

}  // namespace workspace::cli
