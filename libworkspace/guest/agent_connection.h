#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"

namespace workspace {

/// Connects to a guest's agent from within a network namespace: only the socket is made there, the
/// thread comes back at once. While the guest boots nobody answers, so short attempts are made
/// until the deadline. The socket has CLOEXEC and TCP_NODELAY, does not block, and breaks when the
/// guest is gone (see watch_guest). Errors: kGuest at the deadline; kNotFound for the namespace;
/// kHost.
UniqueFd connect_to_agent(const std::string& network_namespace, const std::string& address,
                          std::uint16_t port, Deadline deadline);

/// Makes the kernel break the connection (ETIMEDOUT) when the guest has not acknowledged anything
/// for about half a minute: a VM that is destroyed or hangs sends no farewell. While a job is
/// suspended its VM may stand still as well: `watching` is then false and silence is no fault.
void watch_guest(int socket, bool watching);

}  // namespace workspace
