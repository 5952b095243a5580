#pragma once

#include <string_view>

namespace workspace {

/// The two hypervisors that the project drives through libvirt.
enum class HypervisorKind { kXen, kQemu };

std::string_view name_of(HypervisorKind kind);

/// The kind that a libvirt URI such as `xen:///system` leads to. Errors: kInvalid.
HypervisorKind hypervisor_kind_of_uri(std::string_view uri);

}  // namespace workspace
