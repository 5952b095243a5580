#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/messages.h"

namespace workspace {

/// Runs a shell script in a guest to its end, as a task of its own with nothing on its stdin.
/// `socket` is what AgentClient::open_task returned; `environment` is NAME=VALUE. What the script
/// writes to stdout and stderr goes to `take_output`, which is also called, with nothing, some
/// times a second; what it throws ends the wait. None of Slurm's commands does anything inside.
/// Errors: kGuest when the guest ends or refuses; kInvalid when it breaks the protocol; kTimeout.
TaskExit run_guest_script(UniqueFd socket, const std::string& script,
                          const std::vector<std::string>& environment, Deadline deadline,
                          const std::function<void(std::string_view)>& take_output);

}  // namespace workspace
