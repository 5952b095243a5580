#include "libworkspace/hypervisor/domain_usage.h"

#include <algorithm>
#include <fstream>
#include <string>

#include "libworkspace/base/fd.h"
#include "libworkspace/hypervisor/hypervisor.h"
#include "libworkspace/hypervisor/xen_qdisks.h"

namespace workspace {
namespace {

constexpr std::uint64_t kNsInMs = 1'000'000;
/// Where libvirt's QEMU driver keeps the process id of a domain.
constexpr char kPidFolder[] = "/run/libvirt/qemu/";
constexpr std::size_t kMaxPidBytes = 32;
/// A QEMU that hangs takes neither the rest of the answer nor the time of a teardown.
constexpr std::chrono::seconds kTimeForQemu{1};

/// The most that the domain's QEMU process has held at once.
std::optional<std::uint64_t> process_peak_kib(const std::string& domain) {
  try {
    std::string pid = read_file(kPidFolder + domain + ".pid", kMaxPidBytes);
    pid.resize(std::min(pid.size(), pid.find_first_not_of("0123456789")));
    std::ifstream status("/proc/" + pid + "/status");
    std::string word;
    std::uint64_t kib = 0;
    while (status >> word)
      if (word == "VmHWM:" && status >> kib) return kib;
  } catch (const Error&) {
    // A libvirt that keeps it elsewhere.
  }
  return std::nullopt;
}

void add_disk(const DomainHandle& domain, const std::string& device, VmUsage& usage) {
  virDomainBlockStatsStruct stats{};
  if (virDomainBlockStats(domain.get(), device.c_str(), &stats, sizeof stats) != 0) return;
  const auto add = [](std::optional<std::uint64_t>& sum, long long bytes) {
    if (bytes >= 0) sum = sum.value_or(0) + static_cast<std::uint64_t>(bytes);
  };
  add(usage.disk_read_bytes, stats.rd_bytes);
  add(usage.disk_written_bytes, stats.wr_bytes);
}

/// libvirt's Xen driver knows of disks that the kernel serves, and of no others.
bool add_qdisks(const DomainHandle& domain, Deadline deadline, VmUsage& usage) {
  try {
    const auto bytes = qdisk_bytes(qdisk_monitor(virDomainGetID(domain.get())),
                                   deadline.no_later_than(kTimeForQemu));
    if (!bytes) return false;
    usage.disk_read_bytes = bytes->read;
    usage.disk_written_bytes = bytes->written;
  } catch (const Error&) {
    // Left out; the rest is worth having.
  }
  return true;
}

}  // namespace

VmUsage read_usage(const DomainHandle& domain, HypervisorKind kind, Deadline deadline) {
  VmUsage usage;
  if (!domain) return usage;
  virDomainInfo info{};
  if (virDomainGetInfo(domain.get(), &info) == 0) {
    usage.cpu_time_ms = info.cpuTime / kNsInMs;
    if (kind == HypervisorKind::kXen) usage.memory_peak_kib = info.memory;
  }
  const char* const name = virDomainGetName(domain.get());
  if (kind == HypervisorKind::kQemu && name != nullptr)
    usage.memory_peak_kib = process_peak_kib(name);
  if (kind == HypervisorKind::kXen && add_qdisks(domain, deadline, usage)) return usage;
  // The image and the scratch disk.
  for (std::size_t index = 0; index < 2; ++index) add_disk(domain, disk_device(kind, index), usage);
  return usage;
}

}  // namespace workspace
