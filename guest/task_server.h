#pragma once

#include "guest/user.h"
#include "libworkspace/base/fd.h"

namespace workspace::agent {

/// Serves a task connection after its greeting: takes the task in, runs it, relays its streams and
/// signals, tells its end. When it returns or throws, nothing of the task runs any more; a
/// connection that breaks off ends the task. Errors: kInvalid, kGuest: the task did not start.
void serve_task(UniqueFd socket, const User& user);

}  // namespace workspace::agent
