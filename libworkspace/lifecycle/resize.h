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

/// On whose word: what an administrator sets is the most that the owner can have from then on.
enum class ResizedBy { kOwner, kAdministrator };

/// Refuses what the job's allocation on this node, which the VM was booted with, does not hold, or
/// what an administrator has left of it; and a workspace without a VM that runs. Errors: kExceeded;
/// kInvalid; kNotFound.
void check_resize(const JobRecord& record, const WantedSize& wanted, ResizedBy by);

/// Gives the job's VM on this node that size: memory by the hypervisor's balloon, vCPUs by the
/// guest's kernel, which takes them offline and online. Returns what the VM has then, in a line for
/// people. A second resize of the job waits for the first; nothing else does, for a job's owner may
/// have the caller stopped at any moment. Errors: as check_resize; kGuest when the guest cannot or
/// will not, and has what it had, with the reason; kHost; kTimeout.
std::string resize_vm(Node& node, JobId job, const WantedSize& wanted, ResizedBy by);

}  // namespace workspace
