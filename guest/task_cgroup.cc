#include "guest/task_cgroup.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
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
/// What the kernel may take to write out what the tasks have written to files.
constexpr std::chrono::seconds kShrinkTime(10);

std::string in_folder(std::string_view name) { return cgroups_folder() + std::string(name); }

std::string path_of(pid_t server) { return in_folder(kTaskPrefix) + std::to_string(server); }

bool make_folder(const std::string& path) { return ::mkdir(path.c_str(), 0755) == 0; }

/// In bytes, once bound_all() has set it; what serves a connection is forked after that.
std::uint64_t limit_at_boot = 0;

/// Below a limit of their own the tasks meet its killer, which looks among them alone, before the
/// guest is out of memory as a whole: then the kernel could not serve the agent's connections
/// either.
bool limit_memory() {
  limit_at_boot = memory_of_tasks(read_small_file("/proc/meminfo"));
  const std::string limit = std::to_string(limit_at_boot);
  return write_cgroup_control(in_folder("/cgroup.subtree_control"), "+memory") &&
         write_cgroup_control(TaskCgroup::of_all("cgroup.subtree_control"), "+memory") &&
         write_cgroup_control(TaskCgroup::of_all("memory.max"), limit.c_str());
}

std::optional<std::uint64_t> number_in(std::string_view file) {
  const std::string text = read_small_file(TaskCgroup::of_all(file));
  return parse_decimal(text.substr(0, text.find('\n')));
}

void write_bound(const char* file, const std::string& bytes) {
  if (!write_cgroup_control(TaskCgroup::of_all(file), bytes.c_str()))
    throw_guest_errno("bounding the tasks' memory");
}

/// Has the kernel take back the tasks' pages of files, by the bound above which it kills nobody.
/// True when they hold no more than that many bytes.
bool try_to_shrink(std::uint64_t bytes) {
  const Deadline deadline = Deadline::in(kShrinkTime);
  do {
    // Each time that it is written the kernel tries anew.
    write_bound("memory.high", std::to_string(bytes));
    if (number_in("memory.current").value_or(0) <= bytes) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  } while (!deadline.passed());
  return false;
}

}  // namespace

void TaskCgroup::bound_all_anew(std::uint64_t ballooned_mib) {
  const auto before = memory_limit();
  if (!before) return;
  const std::uint64_t limit = limit_at_boot - std::min(limit_at_boot, ballooned_mib << 20U);
  const bool fits = limit >= *before || try_to_shrink(limit);
  if (fits) write_bound("memory.max", std::to_string(limit));
  write_bound("memory.high", "max");
  if (!fits) {
    throw Error(ErrorKind::kGuest, "its tasks hold more than the " + std::to_string(limit >> 20U) +
                                       " MiB that would be left to them");
  }
}

void TaskCgroup::bound_all() {
  if (cgroups_folder().empty()) return;
  if (!make_folder(in_folder(kTasks)) || !limit_memory())
    report("this kernel has no memory cgroups: tasks that fill the memory may end the VM");
}

std::string TaskCgroup::of_all(std::string_view file) {
  return in_folder(kTasks) + "/" + std::string(file);
}

std::optional<std::uint64_t> TaskCgroup::memory_limit() {
  return cgroups_folder().empty() ? std::nullopt : number_in("memory.max");
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
