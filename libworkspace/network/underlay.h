#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/base/deadline.h"

namespace workspace {

/// The IPv4 address of a node, from what Slurm has as its NodeAddr: a name or an address.
/// Errors: kHost when there is none; kTimeout.
std::string ipv4_address_of_node(const std::string& node_address, Deadline deadline);

/// The largest packet that goes out to an IPv4 address in one piece, as the kernel's routes say.
/// Errors: kHost.
std::uint32_t mtu_bytes_to(const std::string& ipv4_address);

}  // namespace workspace
