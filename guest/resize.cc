#include "guest/resize.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "guest/files.h"
#include "guest/machine.h"
#include "guest/task_cgroup.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

/// Left to the guest beyond what its programs have, so that it does not have to kill one.
constexpr std::uint64_t kReserveMib = 16;

void check_spare(std::uint64_t wanted_mib) {
  const std::uint64_t available = available_mib(read_small_file("/proc/meminfo"));
  const std::uint64_t spare = available > kReserveMib ? available - kReserveMib : 0;
  if (wanted_mib > spare) {
    throw Error(ErrorKind::kGuest, "it can spare " + std::to_string(spare) +
                                       " MiB of its memory, not " + std::to_string(wanted_mib));
  }
}

/// The first vCPU has no such file: it is always online.
void set_online(std::uint32_t vcpu, bool online) {
  const std::string path = "/sys/devices/system/cpu/cpu" + std::to_string(vcpu) + "/online";
  const std::string_view wanted = online ? "1\n" : "0\n";
  if (read_small_file(path) == wanted) return;
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid() || ::write(file.get(), wanted.data(), 1) != 1)
    throw_guest_errno("taking vCPU " + std::to_string(vcpu) + (online ? " online" : " offline"));
}

}  // namespace

std::uint64_t available_mib(std::string_view meminfo) {
  constexpr std::string_view kName = "MemAvailable:";
  for (const auto& line : split(meminfo, '\n')) {
    if (!line.starts_with(kName)) continue;
    for (const auto& word : split(line.substr(kName.size()), ' '))
      if (const auto kib = parse_decimal(word)) return *kib >> 10U;
  }
  return 0;
}

void resize_machine(const MachineSize& size, const Modules& modules) {
  const auto there = static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_CONF));
  if (size.vcpus > there) {
    throw Error(ErrorKind::kGuest, "its kernel knows " + std::to_string(there) + " vCPUs, not " +
                                       std::to_string(size.vcpus));
  }
  if (size.give_back_mib != 0) check_spare(size.give_back_mib);
  // Xen's balloon is part of its guests' kernels.
  if (hypervisor_name() != "xen") modules.load("balloon");
  TaskCgroup::bound_all_anew(size.ballooned_mib);
  for (std::uint32_t vcpu = 1; vcpu < there; ++vcpu) set_online(vcpu, vcpu < size.vcpus);
}

}  // namespace workspace::agent
