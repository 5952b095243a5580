#pragma once

#include <sys/types.h>

#include "guest/task_cgroup.h"
#include "guest/user.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/task_spec.h"

namespace workspace::agent {

/// A task's first process and the agent's ends of its standard descriptors; those that are not
/// relayed are not valid. With a terminal, `input` and `output` are both its master side.
struct TaskProcess {
  pid_t pid = -1;
  UniqueFd ended;  ///< readable when the process has ended
  UniqueFd input;
  UniqueFd output;
  UniqueFd error_output;
  UniqueFd pmi;       ///< of a socket pair whose other end the task has at its PMI_FD
  UniqueFd terminal;  ///< for its size; not valid without a terminal
};

/// Starts the task. What goes wrong after the fork is told on the task's own stderr in one line,
/// and in its exit status: 127 when the program is not found, 126 when it cannot be executed, as a
/// shell would; 125 when the workspace cannot give what the task needs (its working directory).
/// Errors: kGuest.
TaskProcess start_task(const TaskSpec& spec, const User& user, const TaskCgroup& cgroup);

}  // namespace workspace::agent
