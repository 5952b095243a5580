#include "libworkspace/slurm/cpu_map.h"

#include <algorithm>
#include <map>
#include <utility>

namespace workspace {
namespace {

/// The machine's CPUs in Slurm's order of counting.
std::vector<std::uint32_t> in_slurm_order(const CpuTopology& topology) {
  using Core = std::pair<std::uint32_t, std::uint32_t>;  // socket and core
  std::map<std::uint32_t, std::uint32_t> lowest_of_socket;
  std::map<Core, std::uint32_t> lowest_of_core;
  const auto lower = [](auto& lowest, const auto& key, std::uint32_t id) {
    const auto [at, is_new] = lowest.try_emplace(key, id);
    if (!is_new) at->second = std::min(at->second, id);
  };
  for (const auto& cpu : topology) {
    lower(lowest_of_socket, cpu.socket, cpu.id);
    lower(lowest_of_core, Core(cpu.socket, cpu.core), cpu.id);
  }
  CpuTopology ordered = topology;
  std::ranges::sort(ordered, {}, [&](const MachineCpu& cpu) {
    return std::tuple(lowest_of_socket[cpu.socket], lowest_of_core[{cpu.socket, cpu.core}], cpu.id);
  });
  std::vector<std::uint32_t> ids;
  for (const auto& cpu : ordered) ids.push_back(cpu.id);
  return ids;
}

/// The CPUs that the cluster's configuration counts, which states `count` of them.
CpuTopology counted(const CpuTopology& topology, std::uint32_t count) {
  CpuTopology of_jobs = topology;
  std::erase_if(of_jobs, [](const MachineCpu& cpu) { return cpu.is_dom0s; });
  if (of_jobs.size() == count) return of_jobs;
  return topology.size() == count ? topology : CpuTopology();
}

}  // namespace

std::vector<std::uint32_t> machine_cpus(const Allocation& allocation, const CpuTopology& topology) {
  if (allocation.cpu_ids.size() != allocation.cpus) return {};
  const auto order = in_slurm_order(counted(topology, allocation.node_cpus));
  std::vector<std::uint32_t> cpus;
  for (const auto id : allocation.cpu_ids) {
    if (id >= order.size()) return {};
    cpus.push_back(order[id]);
  }
  return cpus;
}

}  // namespace workspace
