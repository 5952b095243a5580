#include "libworkspace/hypervisor/kvm.h"

#include <cpuid.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "libworkspace/base/fd.h"

namespace workspace {
namespace {

constexpr unsigned kExtendedFeatures = 0x80000001;
constexpr unsigned kVmx = 1U << 5;  ///< leaf 1, ECX: Intel
constexpr unsigned kSvm = 1U << 2;  ///< kExtendedFeatures, ECX: AMD

bool cpu_has(unsigned leaf, unsigned ecx_bit) {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(leaf, &eax, &ebx, &ecx, &edx) != 0 && (ecx & ecx_bit) != 0;
}

}  // namespace

bool kvm_works() {
  if (!cpu_has(1, kVmx) && !cpu_has(kExtendedFeatures, kSvm)) return false;
  const UniqueFd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm.valid()) return false;
  const UniqueFd vm(::ioctl(kvm.get(), KVM_CREATE_VM, 0));
  return vm.valid();
}

}  // namespace workspace
