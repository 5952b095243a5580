#pragma once

#include <string_view>

#include <string>

#include "libworkspace/guest/task_spec.h"

namespace workspace {

/// Sends the task and, if it has one, its batch script to the agent, and lets it start.
/// Errors: kInvalid when it is larger than the protocol allows; kGuest; kHost.
void upload_task(int socket, const TaskSpec& spec);
/// The same with a script that is no file of the node's; it is to stand at the spec's script_path.
void upload_task(int socket, const TaskSpec& spec, std::string_view script);

}  // namespace workspace
