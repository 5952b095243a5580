#pragma once

#include <cstdint>
#include <vector>

#include "libworkspace/model/allocation.h"
#include "libworkspace/model/cpu_topology.h"

namespace workspace {

/// The machine's CPUs that stand behind the allocation's abstract CPU numbers, in the same order.
///
/// Slurm counts a node's CPUs socket by socket, core by core, thread by thread, sockets and cores
/// in the order of their lowest CPU, as hwloc does. Empty, which means no pinning, when the numbers
/// cannot be trusted: the CPUs that the configuration states for the node are not the machine's, or
/// the allocation's CPU numbers are not as many as its CPUs.
std::vector<std::uint32_t> machine_cpus(const Allocation& allocation, const CpuTopology& topology);

}  // namespace workspace
