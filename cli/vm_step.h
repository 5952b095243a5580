#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libworkspace/slurm/job_query.h"

namespace workspace::cli {

/// The srun of a step on all of the job's nodes, or on the one, which has root there do something
/// about the job's VM: `request` are the words that the plugin knows (spank_plugin/step_command).
std::vector<std::string> vm_step_command(JobId job, const JobPlace& place,
                                         const std::optional<std::string>& node,
                                         const std::vector<std::string>& request);

}  // namespace workspace::cli
