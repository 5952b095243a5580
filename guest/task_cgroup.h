#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace workspace::agent {

/// The cgroup that a task and all it ever starts live in, so that all of it can be found and ended,
/// whatever sessions and groups it made. Named after the connection's process.
///
/// A kernel without cgroup2 (an image's own) has none of this; the task's process group then stands
/// in, and what left the group is not found.
class TaskCgroup {
 public:
  /// The cgroup of the connection served by process `server`; made if it can be.
  static TaskCgroup create(pid_t server);
  /// The same, if it is there: what a server that died has left.
  static TaskCgroup left_by(pid_t server);

  [[nodiscard]] bool exists() const { return !path_.empty(); }
  /// fork(2), with the child in the cgroup where the kernel can make it there (since Linux 5.7):
  /// to move a process that runs, the kernel waits for all CPUs, which costs milliseconds. The
  /// child then calls ensure_entered(). -1 with errno when no process can be made.
  [[nodiscard]] pid_t fork_inside() const;
  /// Called by the task's process itself: moves it if it is not there yet. Errors: kGuest.
  void ensure_entered() const;
  [[nodiscard]] std::vector<pid_t> processes() const;
  /// Kills every process in it.
  void kill_all() const;
  /// Kills every process in it and removes it. Errors are reported on the console only: the guest
  /// goes on without.
  void remove() const;

 private:
  explicit TaskCgroup(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] bool is_inside() const;
  std::string path_;
};

}  // namespace workspace::agent
