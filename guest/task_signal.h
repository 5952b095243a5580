#pragma once

#include <sys/types.h>

#include <string_view>

#include "guest/task_cgroup.h"

namespace workspace::agent {

/// Delivers the node's signals to a task as slurmstepd would have done.
///
/// On the node all of a task is one process, workspace-exec, so what is signalled there must be
/// spread here: to every process of the task. The exception is a batch script: Slurm sends a user's
/// own signals (`--signal=B:`, `scancel -b`) to the shell alone, which traps them, and only what it
/// sends of itself (cancel, time limit, suspend) to all.
class TaskSignals {
 public:
  TaskSignals(pid_t leader, const TaskCgroup& cgroup, bool batch)
      : leader_(leader), cgroup_(&cgroup), batch_(batch) {}

  /// Errors: kInvalid when the payload is not the number of a signal.
  void deliver(std::string_view payload) const;

 private:
  pid_t leader_;
  const TaskCgroup* cgroup_;
  bool batch_;
};

}  // namespace workspace::agent
