#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libworkspace/hypervisor/hypervisor.h"

namespace workspace {

/// What the host can do for a domain, beyond what the job asks for.
struct DomainHost {
  HypervisorKind kind = HypervisorKind::kXen;
  bool hardware_virtualization = false;  ///< QEMU: KVM works; Xen: PVH guests are offered
  /// QEMU: the user and group that run it, as libvirt's configuration says.
  std::uint32_t qemu_uid = 0;
  std::uint32_t qemu_gid = 0;
  std::string vif_script;  ///< Xen: absolute path of the installed vif-workspace
};

/// The domain's XML for libvirt: the one place where Xen and QEMU differ. Every text is escaped;
/// bytes that XML cannot hold are refused. Errors: kInvalid, naming the element.
std::string domain_xml(const DomainDescription& description, const DomainHost& host);

/// The owner in the metadata of a domain's XML, whoever wrote it; nothing if there is none that
/// can be read.
std::optional<DomainOwner> owner_in_xml(std::string_view xml);

}  // namespace workspace
