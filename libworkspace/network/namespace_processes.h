#pragma once

#include "libworkspace/base/deadline.h"

namespace workspace {

/// Ends every process whose main thread lives in the network namespace, but not the caller:
/// SIGTERM, a short while later SIGKILL, until none is left. Processes are held by pidfd between
/// the look and the signal, so that a recycled pid is never hit. Errors: kHost, naming a process
/// that does not die by the deadline.
void end_processes_in_namespace(int namespace_fd, Deadline deadline);

}  // namespace workspace
