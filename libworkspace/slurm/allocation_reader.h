#pragma once

#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/allocation.h"

namespace workspace {

/// Asks the controller what the job has been allocated on the node. The numbers come from Slurm
/// alone, never from the job's environment or options.
/// Errors: kNotFound when the controller does not know the job, or it is not on this node; kHost
/// when the controller cannot be asked; kTimeout.
Allocation read_allocation(JobId job, const std::string& node_name, Deadline deadline);

}  // namespace workspace
