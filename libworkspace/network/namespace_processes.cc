#include "libworkspace/network/namespace_processes.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// How long one round waits after SIGKILL before it looks again.
constexpr std::chrono::milliseconds kTimeForSigkill{200};

struct HeldProcess {
  pid_t pid = 0;
  UniqueFd pidfd;
};

struct NamespaceId {
  dev_t device = 0;
  ino_t inode = 0;
};

bool lives_in(pid_t pid, const NamespaceId& id) {
  struct stat seen {};
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
  return ::stat(path.c_str(), &seen) == 0 && seen.st_dev == id.device && seen.st_ino == id.inode;
}

std::vector<HeldProcess> processes_in(const NamespaceId& id) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
  if (!folder) throw_errno("opening /proc");
  std::vector<HeldProcess> found;
  while (const dirent* entry = ::readdir(folder.get())) {
    const auto number = parse_decimal(entry->d_name, INT32_MAX);
    if (!number) continue;
    const auto pid = static_cast<pid_t>(*number);
    if (pid == ::getpid() || !lives_in(pid, id)) continue;
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
    // Looked at again: the pid may have changed hands before the pidfd held it.
    if (pidfd.valid() && lives_in(pid, id)) found.push_back({pid, std::move(pidfd)});
  }
  return found;
}

void signal_all(const std::vector<HeldProcess>& processes, int signal) {
  for (const auto& process : processes)
    ::syscall(SYS_pidfd_send_signal, process.pidfd.get(), signal, nullptr, 0U);
}

void wait_for_end(const std::vector<HeldProcess>& processes, Deadline deadline) {
  for (const auto& process : processes) {
    struct pollfd entry {
      process.pidfd.get(), POLLIN, 0
    };
    while (::poll(&entry, 1, deadline.poll_ms()) < 0 && errno == EINTR) {
    }
  }
}

NamespaceId id_of(int namespace_fd) {
  struct stat seen {};
  if (::fstat(namespace_fd, &seen) != 0) throw_errno("looking at the job's namespace");
  return {seen.st_dev, seen.st_ino};
}

}  // namespace

void stop_processes_in_namespace(int namespace_fd) {
  signal_all(processes_in(id_of(namespace_fd)), SIGSTOP);
}

void continue_processes_in_namespace(int namespace_fd) {
  signal_all(processes_in(id_of(namespace_fd)), SIGCONT);
}

void end_processes_in_namespace(int namespace_fd, Deadline deadline) {
  const NamespaceId id = id_of(namespace_fd);

  for (;;) {
    const auto processes = processes_in(id);
    if (processes.empty()) return;
    if (deadline.passed())
      throw Error(ErrorKind::kHost, "process " + std::to_string(processes.front().pid) +
                                        " in the job's namespace does not die");
    signal_all(processes, SIGKILL);
    wait_for_end(processes, deadline.no_later_than(kTimeForSigkill));
  }
}

}  // namespace workspace
