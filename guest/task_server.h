#pragma once

#include "guest/user.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// Serves a task connection after its greeting: takes the task in, runs it as the configuration
/// says, relays its streams and signals, tells its end. When it returns or throws, nothing of the
/// task runs any more; a connection that breaks off ends the task. Errors: kInvalid, kGuest: the
/// task did not start.
void serve_task(UniqueFd socket, const GuestConfig& config);

}  // namespace workspace::agent
