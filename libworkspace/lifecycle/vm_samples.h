#pragma once

#include <optional>
#include <vector>

#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/vm_sample.h"

namespace workspace {

/// How the job's workspace stands on this node at this moment, with what its VM has used if it has
/// one. Nothing when the job has no workspace here. Errors: kInvalid when its record is damaged.
std::optional<VmSample> sample_vm(Node& node, JobId job);

/// The same of all jobs on this node, by job; what cannot be read is told in the log.
std::vector<VmSample> sample_vms(Node& node);

}  // namespace workspace
