#pragma once

#include <string>

#include "libworkspace/guest/task_spec.h"

namespace workspace {

/// Sends the task and, if it has one, its batch script to the agent, and lets it start.
/// Errors: kInvalid when it is larger than the protocol allows; kGuest; kHost.
void upload_task(int socket, const TaskSpec& spec);

}  // namespace workspace
