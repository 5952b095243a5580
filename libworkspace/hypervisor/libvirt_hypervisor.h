#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/hypervisor/hypervisor.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// Connects to the site's hypervisor through libvirt, the only door to it. One connection serves
/// all calls of the program. A libvirtd that is not there is given `restart_time` to come up, which
/// is said in the log. Errors: kHost, `cannot reach libvirt at URI: …; is libvirtd running?`;
/// kTimeout; kInvalid for a URI that is neither Xen's nor QEMU's.
std::unique_ptr<Hypervisor> connect_hypervisor(
    const SiteConfig& site, Deadline deadline,
    std::chrono::milliseconds restart_time = std::chrono::milliseconds(0));

/// The same with each choice stated; `kind` decides what domains are told, whatever the URI. With
/// libvirt's `test:///default` the tests make real calls without a hypervisor.
std::unique_ptr<Hypervisor> connect_hypervisor(
    const std::string& uri, HypervisorKind kind, Acceleration acceleration, Deadline deadline,
    std::chrono::milliseconds restart_time = std::chrono::milliseconds(0));

}  // namespace workspace
