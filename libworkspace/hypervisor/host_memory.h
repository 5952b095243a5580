#pragma once

#include <cstdint>

#include "libworkspace/hypervisor/libvirt_handles.h"

namespace workspace {

/// All of the machine's memory. Errors: kHost.
std::uint64_t memory_of_machine_mib(const Connection& connection);

/// What no domain has. Errors: kHost.
std::uint64_t free_memory_mib(const Connection& connection);

/// What domains other than dom0 have, and what is free for more. Errors: kHost.
std::uint64_t memory_for_domains_mib(const Connection& connection);

}  // namespace workspace
