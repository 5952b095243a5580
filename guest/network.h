#pragma once

#include "guest/control_namespace.h"
#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// Brings up the loopback, the control NIC in a namespace of its own, and the NIC on the job's
/// private network if there is one, each with its address. Errors: kGuest.
void set_up_network(const GuestConfig& config, const ControlNamespace& control);

/// Sets the host's name and writes /etc/hostname and /etc/hosts. Errors: kGuest.
void name_host(const GuestConfig& config);

}  // namespace workspace::agent
