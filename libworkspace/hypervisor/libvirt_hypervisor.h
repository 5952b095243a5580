#pragma once

#include <memory>

#include "libworkspace/base/deadline.h"
#include "libworkspace/hypervisor/hypervisor.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// Connects to the site's hypervisor through libvirt, the only door to it. One connection serves
/// all calls of the program. Errors: kHost, `cannot reach libvirt at URI: …; is libvirtd running?`;
/// kTimeout; kInvalid for a URI that is neither Xen's nor QEMU's.
std::unique_ptr<Hypervisor> connect_hypervisor(const SiteConfig& site, Deadline deadline);

}  // namespace workspace
