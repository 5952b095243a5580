#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libworkspace/model/job_record.h"

namespace workspace {

/// A task as Slurm describes it to plugins.
struct SlurmTask {
  bool is_batch_script = false;
  std::uint32_t number = 0;  ///< counted over all tasks of the step
  std::vector<std::string> argv;
};

/// Refuses a record that no task of this job and user may enter. Errors: kGuest with the record's
/// own reason if the workspace failed; kDenied for another job's or user's record; kHost when the
/// workspace is being made or removed.
void check_enterable(const JobRecord& record, JobId job, std::uint32_t uid);

/// What a task is told whose job has no workspace on the node.
std::string no_workspace_text(JobId job);

/// The argv that the task has in the workspace: Slurm's own, but for --multi-prog the line of this
/// task. Errors: kInvalid, kNotFound (see multi_prog.h).
std::vector<std::string> task_argv(const SlurmTask& task);

/// The name that srun --bcast gives a program of which only the folder was named.
std::string broadcast_name(std::uint32_t job, std::uint32_t step, const std::string& node);

/// True for what `workspace console` runs: it shows a file of the node's and enters no VM.
bool is_console_request(const SlurmTask& task);
/// The command line that answers it.
std::vector<std::string> console_command(JobId job);

/// What `workspace ps`, `workspace top` and `workspace resize` run in a step is work for root about
/// the job's VM, and enters no VM: the command line of the program that does it (request/), or
/// nothing for any other task. The job is the step's own, whatever the words say.
std::optional<std::vector<std::string>> vm_request(const SlurmTask& task, JobId job);

/// What the job's programs may have run on this node, as root says it: by the record, and by
/// slurmd's own SLURM_CONF (empty: Slurm finds its configuration without being told).
struct HostCommandGrant {
  HostCommands commands;
  std::string slurm_bin;
  std::string slurm_conf;
};

/// What Slurm does to a task on its way to its program, where that is done by workspace-exec.
struct TaskPreparation {
  std::string task_prolog;           ///< the cluster's TaskProlog; empty: none
  std::vector<std::uint32_t> vcpus;  ///< those that the task is bound to; empty: all
  std::uint64_t memory_mib = 0;      ///< the VM's, for what is said when it is full
  int watch_fd = -1;                 ///< its connection to the job's watch; -1: there is none
};

/// The command line of workspace-exec for a task that goes on with the connection `fd`.
std::vector<std::string> exec_command(const SlurmTask& task, int fd, const HostCommandGrant& grant,
                                      const TaskPreparation& preparation = {});

}  // namespace workspace
