#include "libworkspace/lifecycle/node_config.h"

#include <algorithm>
#include <map>
#include <set>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

constexpr std::uint64_t kLeastSystemMib = 512;
constexpr std::uint64_t kSystemShare = 16;
/// With less beside dom0 a node is hardly meant to run jobs.
constexpr std::uint64_t kLeastJobsMib = 512;

/// The one number of all elements, or nothing if they differ.
template <class Counts>
std::optional<std::uint32_t> common_count(const Counts& counts) {
  std::set<std::uint32_t> different;
  for (const auto& [key, count] : counts) different.insert(count);
  if (different.size() != 1) return std::nullopt;
  return *different.begin();
}

std::string line_of(const std::string& node_name, const NodeSize& size) {
  return "NodeName=" + node_name + " CPUs=" + std::to_string(size.cpus) +
         " Sockets=" + std::to_string(size.sockets) +
         " CoresPerSocket=" + std::to_string(size.cores_per_socket) +
         " ThreadsPerCore=" + std::to_string(size.threads_per_core) +
         " RealMemory=" + std::to_string(size.memory_mib) + "\n";
}

}  // namespace

NodeSize size_of_cpus(const CpuTopology& topology) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> threads_of_core;
  std::map<std::uint32_t, std::uint32_t> cores_of_socket;
  NodeSize size;
  for (const auto& cpu : topology) {
    if (cpu.is_dom0s) continue;
    ++size.cpus;
    if (++threads_of_core[{cpu.socket, cpu.core}] == 1) ++cores_of_socket[cpu.socket];
  }
  const auto threads = common_count(threads_of_core);
  size.threads_per_core = threads.value_or(1);
  const auto cores = common_count(cores_of_socket);
  size.sockets =
      threads && cores ? static_cast<std::uint32_t>(cores_of_socket.size()) : std::uint32_t{1};
  size.cores_per_socket = size.cpus / size.threads_per_core / size.sockets;
  return size;
}

std::uint64_t memory_beside_system_mib(std::uint64_t machine_mib) {
  return machine_mib - std::min(machine_mib, std::max(kLeastSystemMib, machine_mib / kSystemShare));
}

std::string xen_remarks(const CpuTopology& topology, std::uint64_t memory_mib) {
  std::string text =
      "# slurmd sees dom0 alone: SlurmdParameters=config_overrides makes it take this line.\n";
  const auto dom0s = std::ranges::count_if(topology, &MachineCpu::is_dom0s);
  if (dom0s == 0) {
    text +=
        "# No CPU is dom0's own, so it takes its time from the jobs; for one of its own boot Xen "
        "with dom0_max_vcpus=1 dom0_vcpus_pin.\n";
  } else {
    text += "# Without the " + (dom0s == 1 ? "CPU" : std::to_string(dom0s) + " CPUs") +
            " that dom0 is bound to.\n";
  }
  if (memory_mib < kLeastJobsMib) {
    text +=
        "# dom0 has nearly all memory, and nothing is taken from it; for a share of its own boot "
        "Xen with dom0_mem=2048M,max:2048M.\n";
  }
  return text;
}

std::string node_config(Hypervisor& hypervisor, const std::string& node_name, Deadline deadline) {
  const CpuTopology topology = hypervisor.cpu_topology(deadline);
  NodeSize size = size_of_cpus(topology);
  if (size.cpus == 0)
    throw Error(ErrorKind::kHost, "the hypervisor does not tell which CPUs the machine has");
  size.memory_mib = hypervisor.memory_mib(deadline);
  if (hypervisor.kind() == HypervisorKind::kXen)
    return xen_remarks(topology, size.memory_mib) + line_of(node_name, size);
  size.memory_mib = memory_beside_system_mib(size.memory_mib);
  return line_of(node_name, size);
}

}  // namespace workspace
