#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libworkspace/model/allocation.h"
#include "libworkspace/model/cpu_topology.h"
#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// Which of the machine's CPUs a job uses on this node.
struct CpuPlan {
  /// The CPUs that Slurm allocated, in the order of the vCPUs; empty: not known.
  std::vector<std::uint32_t> allocated;
  /// What the vCPUs are bound to, one to one, and all else of the hypervisor's process together;
  /// empty: nothing is bound.
  std::vector<std::uint32_t> pinned;
  /// What the job's other processes on the node are bound to; empty: nothing. On Xen they run in
  /// dom0, on dom0's CPUs.
  std::vector<std::uint32_t> helpers;
  std::optional<std::uint32_t> numa_node;  ///< where the memory is to come from
};

/// Finds the CPUs behind an allocation. Where their numbers are not known a line of the log says
/// so, and the job runs unbound.
CpuPlan plan_cpus(const Allocation& allocation, const CpuTopology& topology, HypervisorKind kind,
                  const SiteConfig& site);

}  // namespace workspace
