#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace workspace {

/// One CPU (hardware thread) of the machine, with the numbers the hypervisor gives it.
struct MachineCpu {
  std::uint32_t id = 0;
  std::uint32_t socket = 0;
  std::uint32_t core = 0;       ///< within the socket
  std::uint32_t numa_node = 0;  ///< whose memory is near
  /// Xen: dom0's vCPUs are bound to this CPU and some others, but not to all of the machine's. The
  /// CPUs that are left are the jobs'.
  bool is_dom0s = false;

  bool operator==(const MachineCpu&) const = default;
};

/// All CPUs of the machine, in any order.
using CpuTopology = std::vector<MachineCpu>;

/// The NUMA node that all of `cpus` are on. Nothing when they are on several, when one of them is
/// not in the topology, and on a machine with a single node, where there is nothing to choose.
std::optional<std::uint32_t> common_numa_node(const std::vector<std::uint32_t>& cpus,
                                              const CpuTopology& topology);

}  // namespace workspace
