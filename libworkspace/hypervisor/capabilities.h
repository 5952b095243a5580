#pragma once

#include <optional>
#include <string_view>

#include "libworkspace/hypervisor/domain_xml.h"
#include "libworkspace/model/cpu_topology.h"

namespace workspace {

/// What libvirt says of its host in its capabilities document.
struct Capabilities {
  bool offers_kvm = false;
  bool offers_xen_pvh = false;
  std::optional<QemuUser> qemu_user;  ///< libvirt's user for guests, where it manages one
  CpuTopology cpus;
};

/// Reads the document; what it does not tell is left out. Errors: kHost when it is no XML.
Capabilities parse_capabilities(std::string_view xml);

}  // namespace workspace
