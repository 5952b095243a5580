#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libworkspace/model/host_commands.h"
#include "libworkspace/model/job_names.h"
#include "libworkspace/model/resized_vm.h"

namespace workspace {

/// Where a job's workspace on this node stands.
enum class WorkspaceState {
  kPreparing,  ///< the prolog is at work, or was killed at it
  kRunning,    ///< the VM answers; tasks enter it
  kSuspended,  ///< as Slurm has the job: the VM is paused, or about to be
  kFailed,     ///< the user's fault, told in `reason`; tasks refuse to run
  kEnding,     ///< the epilog is at work, or was killed at it
};

std::string_view name_of(WorkspaceState state);
/// True while the job has a VM that tasks may enter.
bool has_vm(WorkspaceState state);

/// What the node knows of a job's workspace: RUNTIME_DIR/JOB/record, readable by root alone. Its
/// presence is what makes a job a workspace job for every step, whatever options and environment
/// say.
struct JobRecord {
  explicit JobRecord(JobId id) : job(id) {}

  JobId job;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  /// How often Slurm has started the job anew (SLURM_JOB_RESTART_COUNT): tells a second call of the
  /// prolog for the same run from the first call for the next run.
  std::uint32_t restart_count = 0;
  WorkspaceState state = WorkspaceState::kPreparing;
  std::string reason;  ///< one line for the user when kFailed
  std::string notice;  ///< one line on what is not well in a workspace that runs; empty: nothing

  std::string image;  ///< NAME:VERSION
  std::string digest;
  std::string hostname;
  std::uint32_t vcpus = 0;
  std::uint64_t memory_mib = 0;
  std::uint64_t disk_mib = 0;
  /// The VM's memory cannot be resized: devices of the machine may write to any of it.
  bool memory_pinned = false;
  /// Kept in a file of its own; no field of to_lines().
  ResizedVm resized;
  [[nodiscard]] std::uint32_t vcpus_now() const { return resized.vcpus ? resized.vcpus : vcpus; }
  [[nodiscard]] std::uint64_t memory_now_mib() const {
    return resized.memory_mib ? resized.memory_mib : memory_mib;
  }

  std::string guest_address;  ///< IPv4, inside the job's network namespace
  std::uint16_t port = 0;
  /// What the job's programs may have run on the node, and the folder of Slurm's commands there.
  HostCommands host_commands;
  std::string slurm_bin = "/usr/bin";

  /// The machine's CPUs behind the vCPUs, in the vCPUs' order; empty: not known.
  std::vector<std::uint32_t> cpus;
  /// The node's CPUs that the job's processes outside the VM are bound to; empty: they are not.
  std::vector<std::uint32_t> helper_cpus;
  std::string task_prolog;  ///< the cluster's TaskProlog; empty: none
  std::string save_as;      ///< the image that this node keeps the job's changes as; empty: none

  // By the node's clock, in milliseconds since 1970; 0: not yet.
  std::uint64_t start_unix_ms = 0;            ///< the prolog began
  std::uint64_t ready_unix_ms = 0;            ///< the VM was ready for tasks
  std::uint64_t suspended_since_unix_ms = 0;  ///< while kSuspended
  std::uint64_t suspended_ms = 0;             ///< in earlier suspensions

  std::string token;  ///< 64 hexadecimal digits; proves to the agent that root speaks

  /// The prolog's steps in their order, each with its time in milliseconds.
  std::vector<std::pair<std::string, std::uint64_t>> step_times_ms;

  [[nodiscard]] std::string to_lines() const;
  /// Errors: kInvalid.
  static JobRecord parse(std::string_view text);

  static constexpr std::size_t kMaxBytes = 65536;
  static constexpr char kFileName[] = "record";
};

/// What the job's folder says of it, and of its VM's size now. Errors: kNotFound when there is no
/// record; kDenied when it is not root's own file; kInvalid when it, or the size, is damaged;
/// kHost.
JobRecord read_job_record(const std::string& job_folder);

}  // namespace workspace
