#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/hypervisor/hypervisor.h"

namespace workspace {

/// What of a node Slurm may give to jobs, as slurm.conf(5) counts it.
struct NodeSize {
  std::uint32_t cpus = 0;  ///< hardware threads: the product of the next three
  std::uint32_t sockets = 0;
  std::uint32_t cores_per_socket = 0;
  std::uint32_t threads_per_core = 0;
  std::uint64_t memory_mib = 0;

  bool operator==(const NodeSize&) const = default;
};

/// The CPUs that are not dom0's, in the shape that slurm.conf can state: the machine's where its
/// sockets have equally many of them; one socket with all the cores where only the cores are alike;
/// one with a core for each CPU otherwise. machine_cpus() (slurm/cpu_map.h) counts in the same
/// order.
NodeSize size_of_cpus(const CpuTopology& topology);

/// Of a machine's memory what jobs may have where the node's own system lives beside them: all but
/// a sixteenth, and at least 512 MiB. Nothing for a machine that has no more.
std::uint64_t memory_beside_system_mib(std::uint64_t machine_mib);

/// What else an admin has to know of a Xen node with these CPUs and so much memory beside dom0's:
/// lines that begin with `#`.
std::string xen_remarks(const CpuTopology& topology, std::uint64_t memory_mib);

/// The NodeName line for slurm.conf, behind lines that begin with `#` and say what else is to be
/// known. Errors: kHost; kTimeout.
std::string node_config(Hypervisor& hypervisor, const std::string& node_name, Deadline deadline);

}  // namespace workspace
