#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace workspace::agent {

/// The cgroup that a task and all it ever starts live in, so that all of it can be found and ended,
/// whatever sessions and groups it made. Named after the connection's process.
///
/// A kernel without cgroup2 (an image's own) has none of this; the task's process group then stands
/// in, and what left the group is not found.
class TaskCgroup {
 public:
  /// Bounds what all tasks and logins take of the memory together (memory_of_tasks()), where
  /// mount_cgroups() has found any. An image's own kernel may lack the memory's; that is reported
  /// on the console.
  static void bound_all();
  /// Bounds them anew where the guest lacks `ballooned_mib` of the memory that it booted with, and
  /// kills none of them. Errors: kGuest when they hold more than that leaves them; they have the
  /// bound then that they had.
  static void bound_all_anew(std::uint64_t ballooned_mib);
  /// The file of that name in the cgroup that holds all tasks and logins.
  static std::string of_all(std::string_view file);
  /// Their bound, in bytes; nothing where there is none.
  static std::optional<std::uint64_t> memory_limit();
  /// Where ssh's logins live together; made if it can be.
  static TaskCgroup logins();
  /// The server whose task the calling process is of; nothing when it is of none.
  static std::optional<pid_t> server_of_caller();
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
  /// True if the guest's kernel has ended a process in it for want of memory. A kernel without the
  /// memory controller of cgroup2 does not tell.
  [[nodiscard]] bool ran_out_of_memory() const;
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
