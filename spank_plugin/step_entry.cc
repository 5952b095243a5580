#include "spank_plugin/step_entry.h"

#include <fcntl.h>
#include <sched.h>
#include <slurm/slurm.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/agent_client.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/job_record.h"
#include "libworkspace/watch/job_watch.h"
#include "spank_plugin/helper_process.h"
#include "spank_plugin/options.h"
#include "spank_plugin/step_command.h"
#include "spank_plugin/step_vcpus.h"
#include "spank_plugin/submission.h"

namespace workspace {
namespace {

/// The guest has answered the prolog already, so it answers at once or is in trouble: but not where
/// a whole step of tasks comes at once and the node has much else to do.
constexpr std::chrono::seconds kConnectTimeout(60);

/// What the first half found out for the second. The process is forked for one task, so there is
/// one. Refusing is the start: a task whose first half never ran must not run on the node.
struct Entry {
  bool plain = false;
  UniqueFd connection;
  UniqueFd watch;
  std::string refusal = "the task was not prepared to enter its workspace";
  HostCommandGrant grant;
  TaskPreparation preparation;
  std::vector<std::uint32_t> job_cpus;   ///< the machine's, in the order of the vCPUs
  std::vector<std::uint32_t> own_cpus;   ///< what the task's process here is bound to; empty: any
  std::string node;                      ///< Slurm's name of it
  std::optional<StartedHelper> request;  ///< root's work about the VM, in place of a task in it
};
Entry entry;

template <class Value>
Value task_item(spank_t spank, spank_item_t item) {
  Value value{};
  const spank_err_t error = spank_get_item(spank, item, &value);
  if (error != ESPANK_SUCCESS) {
    throw Error(ErrorKind::kHost,
                std::string("asking Slurm about the task: ") + spank_strerror(error));
  }
  return value;
}

bool folder_is_there(JobId job) {
  struct stat info {};
  const std::string folder = job_folder(build_paths::kRuntimeDir, job);
  if (::stat(folder.c_str(), &info) == 0) return true;
  if (errno != ENOENT) throw_errno("looking for " + folder);
  return false;
}

bool has_variable(spank_t spank, const char* name) {
  std::array<char, 2> first{};
  const spank_err_t error = spank_getenv(spank, name, first.data(), static_cast<int>(first.size()));
  return (error == ESPANK_SUCCESS || error == ESPANK_NOSPACE) && first[0] != '\0';
}

/// Both signs can be forged, but only against their own job.
bool step_asks_for_workspace(spank_t spank) {
  const auto& option = said_options().command_line.workspace;
  return option ? *option != kNoWorkspace : has_variable(spank, kRequestCopy);
}

UniqueFd connect_task(spank_t spank, const JobRecord& record) {
  const AgentClient agent({namespace_file(record.job), record.guest_address, record.port},
                          {record.token, record.job.number(), record.uid, record.gid});
  return agent.open_task(task_item<std::uint32_t>(spank, S_JOB_STEPID),
                         task_item<std::uint32_t>(spank, S_TASK_GLOBAL_ID),
                         Deadline::in(kConnectTimeout));
}

/// A task without a watch runs all the same: its VM then follows Slurm later, or not at all, and
/// the log says so.
UniqueFd connect_watch(JobId job) {
  try {
    return connect_to_watch(watch_socket(build_paths::kRuntimeDir, job));
  } catch (const std::exception& e) {
    slurm_error("workspace: the VM of job %u will not be paused with it: %s", job.number(),
                e.what());
    return UniqueFd();
  }
}

SlurmTask describe_task(spank_t spank, const std::string& node) {
  SlurmTask task;
  task.is_batch_script = task_item<std::uint32_t>(spank, S_JOB_STEPID) == SLURM_BATCH_SCRIPT;
  task.number = task_item<std::uint32_t>(spank, S_TASK_GLOBAL_ID);
  int count = 0;
  char** argv = nullptr;
  if (spank_get_item(spank, S_JOB_ARGV, &count, &argv) != ESPANK_SUCCESS)
    throw Error(ErrorKind::kHost, "asking Slurm for the task's command");
  task.argv.assign(argv, argv + count);
  // srun --bcast without a file's name: the file has one of its own in the folder.
  if (!task.argv.empty() && task.argv[0].ends_with('/')) {
    task.argv[0] += broadcast_name(task_item<std::uint32_t>(spank, S_JOB_ID),
                                   task_item<std::uint32_t>(spank, S_JOB_STEPID), node);
  }
  return task;
}

/// slurmd's own word on where Slurm's configuration is; nothing else of its environment.
std::vector<std::string> helper_environment() {
  std::vector<std::string> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  if (const char* const conf = std::getenv("SLURM_CONF"))
    environment.push_back(std::string("SLURM_CONF=") + conf);
  return environment;
}

Entry entry_of_request(const std::vector<std::string>& command) {
  Entry request;
  request.request = start_helper(command, helper_environment());
  return request;
}

Entry entry_without_workspace(spank_t spank, JobId job) {
  if (!step_asks_for_workspace(spank)) {
    Entry plain;
    plain.plain = true;
    return plain;
  }
  // The job asked for one, not the step alone. Once for all tasks of the step.
  if (has_variable(spank, kRequestCopy) && task_item<int>(spank, S_TASK_ID) == 0) {
    return entry_of_request(
        {std::string(build_paths::kLibexecDir) + "/requeue-unprepared", job.to_string()});
  }
  throw Error(ErrorKind::kUsage, no_workspace_text(job));
}

Entry find_entry(spank_t spank) {
  const JobId job(task_item<std::uint32_t>(spank, S_JOB_ID));
  if (!has_workspace(job)) return entry_without_workspace(spank, job);
  const auto record = read_job_record(job_folder(build_paths::kRuntimeDir, job));
  check_enterable(record, job, task_item<uid_t>(spank, S_JOB_UID));
  if (const auto command = vm_request(describe_task(spank, record.hostname), job))
    return entry_of_request(*command);
  // slurmstepd's own environment, which is slurmd's: the task's is another.
  const char* const slurm_conf = std::getenv("SLURM_CONF");
  return {false,
          connect_task(spank, record),
          connect_watch(job),
          "",
          {record.host_commands, record.slurm_bin, slurm_conf == nullptr ? "" : slurm_conf},
          {record.task_prolog, {}, record.memory_now_mib(), -1},
          record.cpus,
          record.helper_cpus,
          record.hostname,
          {}};
}

/// Replaces this process. Returns only by an error.
[[noreturn]] void execute(const std::vector<std::string>& command, char** environment) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execve(argv[0], argv.data(), environment);
  throw_errno("starting " + command[0]);
}

/// slurmstepd would do it before it starts the program: the resident set's limit is the step's
/// memory. It limits nothing, but programs size themselves by it.
void limit_resident_set(spank_t spank) {
  const rlim_t bytes = rlim_t{task_item<std::uint64_t>(spank, S_STEP_ALLOC_MEM)} << 20U;
  const struct rlimit limit { bytes, bytes };
  if (bytes != 0) ::setrlimit(RLIMIT_RSS, &limit);
}

cpu_set_t bound_cpus() {
  cpu_set_t bound;
  CPU_ZERO(&bound);
  if (::sched_getaffinity(0, sizeof bound, &bound) != 0) throw_errno("asking for the task's CPUs");
  return bound;
}

/// The task's process on the node works for the job, so it does on the job's CPUs, whether Slurm
/// binds tasks (TaskPlugin=task/affinity) or not.
void stay_on_own_cpus(const cpu_set_t& bound) {
  const cpu_set_t own = own_cpus(entry.own_cpus, bound);
  if (::sched_setaffinity(0, sizeof own, &own) != 0) throw_errno("binding the task to its CPUs");
}

[[noreturn]] void become_workspace_exec(spank_t spank, const SlurmTask& task) {
  const int fd = entry.connection.get();
  if (::fcntl(fd, F_SETFD, 0) != 0) throw_errno("keeping the connection to the workspace");
  if (entry.watch.valid() && ::fcntl(entry.watch.get(), F_SETFD, 0) != 0)
    throw_errno("keeping the connection to the job's watch");
  entry.preparation.watch_fd = entry.watch.get();
  limit_resident_set(spank);
  const cpu_set_t bound = bound_cpus();
  entry.preparation.vcpus = step_vcpus(entry.job_cpus, bound);
  stay_on_own_cpus(bound);
  execute(exec_command(task, fd, entry.grant, entry.preparation),
          task_item<char**>(spank, S_JOB_ENV));
}

[[noreturn]] void refuse(const std::string& reason) noexcept {
  ::dprintf(STDERR_FILENO, "workspace: %s\n", printable(reason).c_str());
  ::_exit(EXIT_FAILURE);
}

}  // namespace

bool has_workspace(JobId job) {
  static std::optional<bool> known;
  if (!known) known = folder_is_there(job);
  return *known;
}

void prepare_entry(spank_t spank) noexcept {
  try {
    entry = find_entry(spank);
  } catch (const std::exception& e) {
    entry.refusal = e.what();
  }
}

void enter_workspace(spank_t spank) noexcept {
  if (entry.plain) return;
  try {
    if (entry.request) ::_exit(relay_helper(*entry.request));
    const SlurmTask task = describe_task(spank, entry.node);
    const JobId job(task_item<std::uint32_t>(spank, S_JOB_ID));
    // A workspace that failed has a boot log too, and it is then most wanted.
    if (is_console_request(task) && has_workspace(job))
      execute(console_command(job), task_item<char**>(spank, S_JOB_ENV));
    if (!entry.connection.valid()) refuse(entry.refusal);
    become_workspace_exec(spank, task);
  } catch (const std::exception& e) {
    refuse(e.what());
  }
}

}  // namespace workspace
