#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/job_record.h"

namespace workspace {

/// What a job's VM is to have; 0 leaves it as it is.
struct WantedSize {
  std::uint64_t memory_mib = 0;
  std::uint32_t vcpus = 0;
};

/// Refuses what the job's allocation on this node, which the VM was booted with, does not hold, and
/// a workspace without a VM that runs. Errors: kExceeded; kInvalid; kNotFound.
void check_resize(const JobRecord& record, const WantedSize& wanted);

/// Gives the job's VM on this node that size: memory by the hypervisor's balloon, vCPUs by the
/// guest's kernel, which takes them offline and online. Waits for whatever else is at work on the
/// job. Returns what the VM has then, in a line for people.
/// Errors: as check_resize; kGuest when the guest cannot or will not, and has what it had, with the
/// reason; kHost; kTimeout.
std::string resize_vm(Node& node, JobId job, const WantedSize& wanted);

}  // namespace workspace
