#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"

namespace workspace {

/// How long one attempt to connect may take, after so long a wait in all. While a guest boots, long
/// ones lose time: nobody hears the first SYN, and the kernel repeats it only after a second. But a
/// guest that gets little of its CPU may need longer for each answer, and would never be reached by
/// short ones: so it is a tenth of the wait, and 150 ms at the least. A next one begins each
/// quarter of that time, beside those that still wait.
std::chrono::milliseconds attempt_time(std::chrono::milliseconds waited);

/// Connects to a guest's agent from within a network namespace: only the socket is made there, the
/// thread comes back at once. While the guest boots nobody answers, so attempts are made until
/// the deadline (attempt_time). The socket has CLOEXEC and TCP_NODELAY, does not block, and breaks
/// when the guest is gone (see watch_guest). Errors: kGuest at the deadline; kNotFound for the
/// namespace; kHost.
UniqueFd connect_to_agent(const std::string& network_namespace, const std::string& address,
                          std::uint16_t port, Deadline deadline);

/// Makes the kernel break the connection (ETIMEDOUT) when the guest has not acknowledged anything
/// for about half a minute: a VM that is destroyed or hangs sends no farewell. While a job is
/// suspended its VM may stand still as well: `watching` is then false and silence is no fault.
void watch_guest(int socket, bool watching);

}  // namespace workspace
