#include "libworkspace/hypervisor/hypervisor.h"

namespace workspace {

std::string disk_device(HypervisorKind kind, std::size_t index) {
  const char* const prefix = kind == HypervisorKind::kXen ? "xvd" : "vd";
  return prefix + std::string(1, static_cast<char>('a' + index));
}

}  // namespace workspace
