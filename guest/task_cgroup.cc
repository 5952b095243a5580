#include "guest/task_cgroup.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "guest/cgroups.h"
#include "guest/files.h"
#include "guest/report.h"
#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

/// A killed process leaves its cgroup when it has let go of its memory.
constexpr std::chrono::seconds kProcessesEnd(5);

std::string path_of(pid_t server) { return cgroups_folder() + "/task-" + std::to_string(server); }

}  // namespace

TaskCgroup TaskCgroup::create(pid_t server) {
  if (cgroups_folder().empty()) return TaskCgroup("");
  const std::string path = path_of(server);
  return TaskCgroup(::mkdir(path.c_str(), 0755) == 0 ? path : "");
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
