#pragma once

#include <cstdint>
#include <set>
#include <span>

#include "libworkspace/hypervisor/libvirt_handles.h"
#include "libworkspace/model/cpu_topology.h"

namespace workspace {

/// The numbers of the CPUs that are set in any of some affinity maps, as libvirt writes them: maps
/// of `map_bytes` bytes one behind the other, the lowest bit of a map's first byte for CPU 0.
std::set<std::uint32_t> cpus_in_maps(std::span<const unsigned char> maps, std::size_t map_bytes);

/// Marks the CPUs that dom0's vCPUs are bound to (`dom0_vcpus_pin`, `xl vcpu-pin`), unless these
/// are all of the machine's: such a dom0 runs everywhere, and no CPU is its own. Changes nothing
/// where libvirt knows no dom0. Errors: kHost.
void mark_dom0_cpus(const Connection& connection, CpuTopology& topology);

}  // namespace workspace
