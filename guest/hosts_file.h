#pragma once

#include <string>

#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// The text of /etc/hosts: the nodes of the job with their VMs' addresses on the private network,
/// or this host alone, at 127.0.1.1 as Debian has it, where there is no such network.
std::string hosts_text(const GuestConfig& config);

}  // namespace workspace::agent
