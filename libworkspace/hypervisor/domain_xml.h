#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libworkspace/hypervisor/hypervisor.h"

namespace workspace {

/// The user and group that QEMU runs as.
struct QemuUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  bool operator==(const QemuUser&) const = default;
};

/// What the host brings to a domain, beyond what the job asks for.
struct DomainHost {
  HypervisorKind kind = HypervisorKind::kXen;
  bool hardware_virtualization = false;  ///< QEMU: KVM; Xen: PVH instead of PV
  std::optional<QemuUser> qemu_user;     ///< where libvirt manages it
  std::string vif_script;                ///< Xen: absolute path of vif-workspace
  std::uint32_t tsc_khz = 0;             ///< QEMU without KVM: the host's; 0: not known
};

/// The domain's XML for libvirt: the one place where Xen and QEMU differ. Every text is escaped;
/// one with bytes beyond printable ASCII is refused. Errors: kInvalid, naming the text.
std::string domain_xml(const DomainDescription& description, const DomainHost& host);

/// The namespace of our element in a domain's metadata.
inline constexpr char kMetadataUri[] = "urn:slurm-workspaces:domain";

/// The owner that our metadata element tells; nothing if it cannot be read.
std::optional<DomainOwner> owner_in_metadata(std::string_view element_xml);

}  // namespace workspace
