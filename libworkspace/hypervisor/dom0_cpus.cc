#include "libworkspace/hypervisor/dom0_cpus.h"

#include <algorithm>
#include <vector>

namespace workspace {
namespace {

std::uint32_t highest_id(const CpuTopology& topology) {
  return std::ranges::max(topology, {}, &MachineCpu::id).id;
}

std::set<std::uint32_t> cpus_of(const DomainHandle& dom0, std::uint32_t cpu_count) {
  virDomainInfo info{};
  if (virDomainGetInfo(dom0.get(), &info) != 0) throw_libvirt("dom0");
  const std::size_t map_bytes = VIR_CPU_MAPLEN(cpu_count);
  std::vector<virVcpuInfo> vcpus(info.nrVirtCpu);
  std::vector<unsigned char> maps(map_bytes * vcpus.size());
  const int count = virDomainGetVcpus(dom0.get(), vcpus.data(), static_cast<int>(vcpus.size()),
                                      maps.data(), static_cast<int>(map_bytes));
  if (count < 0) throw_libvirt("dom0's CPUs");
  maps.resize(std::min(maps.size(), map_bytes * static_cast<std::size_t>(count)));
  return cpus_in_maps(maps, map_bytes);
}

}  // namespace

std::set<std::uint32_t> cpus_in_maps(std::span<const unsigned char> maps, std::size_t map_bytes) {
  std::set<std::uint32_t> cpus;
  for (std::size_t at = 0; at < maps.size(); ++at) {
    for (std::uint32_t bit = 0; bit < 8; ++bit) {
      if (((maps[at] >> bit) & 1U) != 0)
        cpus.insert(static_cast<std::uint32_t>(at % map_bytes) * 8 + bit);
    }
  }
  return cpus;
}

void mark_dom0_cpus(const Connection& connection, CpuTopology& topology) {
  if (topology.empty()) return;
  const DomainHandle dom0(virDomainLookupByID(connection.get(), 0));
  if (!dom0) return;
  const auto bound = cpus_of(dom0, highest_id(topology) + 1);
  const bool is_everywhere =
      std::ranges::all_of(topology, [&](const MachineCpu& cpu) { return bound.contains(cpu.id); });
  if (is_everywhere) return;
  for (auto& cpu : topology) cpu.is_dom0s = bound.contains(cpu.id);
}

}  // namespace workspace
