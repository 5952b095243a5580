#pragma once

#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// Brings up the loopback and the control NIC with its address. Errors: kGuest.
void set_up_network(const GuestConfig& config);

/// Sets the host's name and writes /etc/hostname and /etc/hosts. Errors: kGuest.
void name_host(const GuestConfig& config);

}  // namespace workspace::agent
