#include "libworkspace/model/cpu_topology.h"

#include <algorithm>

namespace workspace {

std::optional<std::uint32_t> common_numa_node(const std::vector<std::uint32_t>& cpus,
                                              const CpuTopology& topology) {
  const bool has_one_node = std::ranges::all_of(
      topology, [&](const MachineCpu& cpu) { return cpu.numa_node == topology.front().numa_node; });
  if (has_one_node) return std::nullopt;
  std::optional<std::uint32_t> common;
  for (const auto id : cpus) {
    const auto cpu = std::ranges::find(topology, id, &MachineCpu::id);
    if (cpu == topology.end() || (common && *common != cpu->numa_node)) return std::nullopt;
    common = cpu->numa_node;
  }
  return common;
}

}  // namespace workspace
