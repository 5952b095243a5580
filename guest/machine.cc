#include "guest/machine.h"

#include <cpuid.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <functional>
#include <thread>

#include "build_paths.h"
#include "guest/files.h"
#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookAgain(5);

/// The signature that hypervisors give in CPUID leaf 0x40000000.
std::string hypervisor_signature() {
  unsigned eax = 0;
  std::array<unsigned, 3> name{};
  __cpuid(0x40000000, eax, name[0], name[1], name[2]);
  std::array<char, sizeof name> text{};
  std::memcpy(text.data(), name.data(), sizeof name);
  return {text.data(), text.size()};
}

/// Calls `look` until it returns something or the time is over.
std::string wait_until_found(milliseconds most, const std::string& what,
                             const std::function<std::string()>& look) {
  const Deadline deadline = Deadline::in(most);
  for (;;) {
    std::string found = look();
    if (!found.empty()) return found;
    if (deadline.passed()) throw Error(ErrorKind::kGuest, what + " did not appear");
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace

std::string hypervisor_name() {
  if (read_small_file("/sys/hypervisor/type") == "xen\n") return "xen";
  const std::string signature = hypervisor_signature();
  if (signature.starts_with("KVMKVMKVM")) return "kvm";
  if (signature.starts_with("TCGTCGTCGTCG")) return "tcg";
  return "unknown";
}

std::string wait_for_disk(const std::string& device, milliseconds most) {
  const std::string path = "/dev/" + device;
  return wait_until_found(most, "the disk " + device, [&]() -> std::string {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode) ? path : "";
  });
}

std::string wait_for_nic(const std::string& mac, milliseconds most) {
  return wait_until_found(most, "the network interface " + mac, [&]() -> std::string {
    for (const auto& entry : std::filesystem::directory_iterator("/sys/class/net"))
      if (entry.is_directory() && read_small_file(entry.path().string() + "/address") == mac + "\n")
        return entry.path().filename();
    return "";
  });
}

Readiness look_at_machine() {
  struct utsname names {};
  ::uname(&names);
  struct sysinfo memory {};
  ::sysinfo(&memory);
  struct statvfs scratch {};
  ::statvfs("/", &scratch);
  struct timespec up {};
  ::clock_gettime(CLOCK_BOOTTIME, &up);

  Readiness readiness;
  readiness.agent_version = build_paths::kVersion;
  readiness.kernel = names.release;
  readiness.hypervisor = hypervisor_name();
  readiness.vcpus = static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN));
  readiness.memory_kib = std::uint64_t{memory.totalram} * memory.mem_unit / 1024;
  readiness.scratch_kib = std::uint64_t{scratch.f_blocks} * scratch.f_frsize / 1024;
  readiness.uptime_ms = static_cast<std::uint64_t>(up.tv_sec) * 1000 +
                        static_cast<std::uint64_t>(up.tv_nsec) / 1000000;
  return readiness;
}

}  // namespace workspace::agent
