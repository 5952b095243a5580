#pragma once

#include "libworkspace/base/deadline.h"

namespace workspace {

/// Ends every process whose main thread lives in the network namespace, but not the caller, by
/// SIGKILL until none is left: a file server keeps nothing that the host's kernel does not have,
/// and a task's relay nothing that anybody still reads. Processes are held by pidfd between the
/// look and the signal, so that a recycled pid is never hit. Errors: kHost, naming a process that
/// does not die by the deadline.
void end_processes_in_namespace(int namespace_fd, Deadline deadline);

/// Sends SIGSTOP or SIGCONT to every such process.
void stop_processes_in_namespace(int namespace_fd);
void continue_processes_in_namespace(int namespace_fd);

}  // namespace workspace
