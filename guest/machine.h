#pragma once

#include <chrono>
#include <string>

#include "libworkspace/guest/messages.h"

namespace workspace::agent {

/// What the guest runs on: `xen`, `kvm`, `tcg` or `unknown`. Needs /sys.
std::string hypervisor_name();

/// Waits for a block device to appear and returns its path under /dev: a driver that is loaded may
/// find its devices later. Errors: kGuest.
std::string wait_for_disk(const std::string& device, std::chrono::milliseconds most);

/// Waits for the network interface with this address (`52:54:00:77:00:02`) and returns its name.
/// Errors: kGuest.
std::string wait_for_nic(const std::string& mac, std::chrono::milliseconds most);

/// What a probe is answered with.
Readiness look_at_machine();

}  // namespace workspace::agent
