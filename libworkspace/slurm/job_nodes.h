#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/job_names.h"
#include "libworkspace/model/private_network.h"

namespace workspace {

/// Asks the controller for the nodes of a job, in the order in which it lists them: the same for
/// whoever asks. Errors: kNotFound when it does not know the job; kHost when it cannot be asked;
/// kTimeout.
std::vector<ClusterNode> read_job_nodes(JobId job, Deadline deadline);

/// The hosts of a list such as `node[1-3,7]`, in its order.
std::vector<std::string> hosts_in_list(const std::string& list);

}  // namespace workspace
