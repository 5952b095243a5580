#include "libworkspace/watch/job_watch.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include "libworkspace/base/error.h"
#include "libworkspace/base/unix_socket.h"

namespace workspace {
namespace {

/// A task waits so long for a place in the watch's queue, and no longer.
constexpr time_t kConnectTimeoutS = 5;
/// Tasks that start at once wait in the queue.
constexpr int kBacklog = 1024;

UniqueFd make_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) throw_errno("making a socket");
  return fd;
}

void wait_for_end(int pidfd, pid_t pid, Deadline deadline) {
  struct pollfd entry {
    pidfd, POLLIN, 0
  };
  while (::poll(&entry, 1, deadline.poll_ms()) <= 0) {
    if (deadline.passed()) {
      throw Error(ErrorKind::kHost,
                  "process " + std::to_string(pid) + ", the job's watch, does not die");
    }
  }
}

}  // namespace

std::string watch_socket(std::string_view runtime_dir, JobId job) {
  return job_folder(runtime_dir, job) + "/watch";
}

UniqueFd connect_to_watch(const std::string& socket_path) {
  UniqueFd fd = make_socket();
  const struct timeval timeout { kConnectTimeoutS, 0 };
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (with_unix_address(::connect, fd.get(), socket_path) == 0) return fd;
  if (errno == ENOENT || errno == ECONNREFUSED)
    throw Error(ErrorKind::kNotFound, "no watch listens at " + socket_path);
  throw_errno("connecting to " + socket_path);
}

void tell_watch(int connection, WatchHint hint) noexcept {
  const char byte = static_cast<char>(hint);
  if (connection >= 0) (void)::send(connection, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool watch_answers(const std::string& socket_path) {
  try {
    return connect_to_watch(socket_path).valid();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kNotFound) throw;
    return false;
  }
}

void end_watch(const std::string& socket_path, Deadline deadline) {
  pid_t pid = 0;
  try {
    pid = peer_process(connect_to_watch(socket_path).get());
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kNotFound) throw;
  }
  if (pid == 0) return;
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  // Looked at again: the number may have changed hands before the descriptor held it.
  if (!pidfd.valid() || !watch_answers(socket_path)) return;
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0U);
  wait_for_end(pidfd.get(), pid, deadline);
}

UniqueFd listen_for_tasks(const std::string& socket_path) {
  UniqueFd fd = make_socket();
  if (::unlink(socket_path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + socket_path);
  if (with_unix_address(::bind, fd.get(), socket_path) != 0) throw_errno("binding " + socket_path);
  if (::listen(fd.get(), kBacklog) != 0) throw_errno("listening at " + socket_path);
  return fd;
}

}  // namespace workspace
