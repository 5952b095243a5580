#include "libworkspace/model/hypervisor_kind.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {

std::string_view name_of(HypervisorKind kind) {
  return kind == HypervisorKind::kXen ? "xen" : "qemu";
}

HypervisorKind hypervisor_kind_of_uri(std::string_view uri) {
  const std::string_view scheme = uri.substr(0, uri.find(':'));
  if (scheme == "xen") return HypervisorKind::kXen;
  if (scheme == "qemu") return HypervisorKind::kQemu;
  throw Error(ErrorKind::kInvalid, "the hypervisor '" + printable(uri, 64) +
                                       "' is neither xen:///system nor qemu:///system");
}

}  // namespace workspace
