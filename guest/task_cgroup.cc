#include "guest/task_cgroup.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>
#include <thread>

#include "guest/cgroups.h"
#include "guest/files.h"
#include "guest/out_of_memory.h"
#include "guest/report.h"
#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

/// Within the cgroups' folder; all tasks and logins are below it and share its limit.
constexpr std::string_view kTasks = "/tasks";
constexpr std::string_view kTaskPrefix = "/tasks/task-";
/// A killed process leaves its cgroup when it has let go of its memory.
constexpr std::chrono::seconds kProcessesEnd(5);

std::string in_folder(std::string_view name) { return cgroups_folder() + std::string(name); }

std::string path_of(pid_t server) { return in_folder(kTaskPrefix) + std::to_string(server); }

bool make_folder(const std::string& path) { return ::mkdir(path.c_str(), 0755) == 0; }

/// Below a limit of their own the tasks meet its killer, which looks among them alone, before the
/// guest is out of memory as a whole: then the kernel could not serve the agent's connections
/// either.
bool limit_memory() {
  const std::string limit = std::to_string(memory_of_tasks(read_small_file("/proc/meminfo")));
  return write_cgroup_control(in_folder("/cgroup.subtree_control"), "+memory") &&
         write_cgroup_control(TaskCgroup::of_all("cgroup.subtree_control"), "+memory") &&
         write_cgroup_control(TaskCgroup::of_all("memory.max"), limit.c_str());
}

}  // namespace

void TaskCgroup::bound_all() {
  if (cgroups_folder().empty()) return;
  if (!make_folder(in_folder(kTasks)) || !limit_memory())
    report("this kernel has no memory cgroups: tasks that fill the memory may end the VM");
}

std::string TaskCgroup::of_all(std::string_view file) {
  return in_folder(kTasks) + "/" + std::string(file);
}

std::optional<std::uint64_t> TaskCgroup::memory_limit() {
  const std::string text = read_small_file(of_all("memory.max"));
  return parse_decimal(text.substr(0, text.find('\n')));
}

std::optional<pid_t> TaskCgroup::server_of_caller() {
  const std::string start = "0::" + std::string(kTaskPrefix);
  for (const auto& line : split(read_small_file("/proc/self/cgroup"), '\n')) {
    if (!line.starts_with(start)) continue;
    const std::string rest = line.substr(start.size());
    if (const auto server = parse_decimal(rest.substr(0, rest.find('/')), INT32_MAX))
      return static_cast<pid_t>(*server);
  }
  return std::nullopt;
}

TaskCgroup TaskCgroup::logins() {
  const std::string path = in_folder(kTasks) + "/logins";
  return TaskCgroup(make_folder(path) || errno == EEXIST ? path : "");
}

TaskCgroup TaskCgroup::create(pid_t server) {
  if (cgroups_folder().empty()) return TaskCgroup("");
  const std::string path = path_of(server);
  return TaskCgroup(make_folder(path) ? path : "");
}

TaskCgroup TaskCgroup::left_by(pid_t server) {
  if (cgroups_folder().empty()) return TaskCgroup("");
  const std::string path = path_of(server);
  return TaskCgroup(::access(path.c_str(), F_OK) == 0 ? path : "");
}

pid_t TaskCgroup::fork_inside() const {
  const UniqueFd folder(exists() ? ::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC) : -1);
  if (!folder.valid()) return ::fork();
  struct clone_args arguments {};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(folder.get());
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  const bool unknown_to_the_kernel =
      pid < 0 && (errno == ENOSYS || errno == E2BIG || errno == EINVAL);
  return unknown_to_the_kernel ? ::fork() : pid;
}

void TaskCgroup::ensure_entered() const {
  if (!exists() || is_inside()) return;
  if (!write_cgroup_control(path_ + "/cgroup.procs", "0")) throw_guest_errno("entering " + path_);
}

bool TaskCgroup::is_inside() const {
  const std::string name = path_.substr(cgroups_folder().size());
  return read_small_file("/proc/self/cgroup").find("0::" + name + "\n") != std::string::npos;
}

std::vector<pid_t> TaskCgroup::processes() const {
  std::vector<pid_t> pids;
  if (!exists()) return pids;
  for (const auto& line : split(read_small_file(path_ + "/cgroup.procs"), '\n')) {
    if (const auto pid = parse_decimal(line, INT32_MAX)) pids.push_back(static_cast<pid_t>(*pid));
  }
  return pids;
}

bool TaskCgroup::ran_out_of_memory() const {
  if (!exists()) return false;
  for (const auto& line : split(read_small_file(path_ + "/memory.events"), '\n'))
    if (line.starts_with("oom_kill ")) return line != "oom_kill 0";
  return false;
}

void TaskCgroup::kill_all() const {
  // cgroup.kill came with Linux 5.14; before it, a process that forks quickly may escape one round.
  if (!exists() || write_cgroup_control(path_ + "/cgroup.kill", "1")) return;
  for (const pid_t pid : processes()) ::kill(pid, SIGKILL);
}

void TaskCgroup::remove() const {
  if (!exists()) return;
  const Deadline deadline = Deadline::in(kProcessesEnd);
  kill_all();
  while (::rmdir(path_.c_str()) != 0 && errno == EBUSY) {
    if (deadline.passed()) {
      report("processes of a task do not end; " + path_ + " stays");
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    kill_all();
  }
}

}  // namespace workspace::agent
