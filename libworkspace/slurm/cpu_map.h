#pragma once

#include <cstdint>
#include <vector>

#include "libworkspace/model/allocation.h"
#include "libworkspace/model/cpu_topology.h"

namespace workspace {

/// The machine's CPUs that stand behind the allocation's abstract CPU numbers, in the same order.
///
/// Slurm counts a node's CPUs socket by socket, core by core, thread by thread, sockets and cores
/// in the order of their lowest CPU, as hwloc does. A configuration that states as many CPUs for
/// the node as are not dom0's counts those alone; one that states as many as the machine has counts
/// all. Empty, which means no pinning, when the numbers cannot be trusted: the configuration states
/// neither number, or the allocation's CPU numbers are not as many as its CPUs.
std::vector<std::uint32_t> machine_cpus(const Allocation& allocation, const CpuTopology& topology);

}  // namespace workspace
