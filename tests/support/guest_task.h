#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "libworkspace/base/fd.h"

namespace workspace::testing {

/// A connection to the agent's task server, which runs as a plain process of this machine instead
/// of inside a VM: the same code relays the same streams over TCP. Tasks run as `nobody` when the
/// test runs as root, else as the test's own user. The destructor ends the server.
class TaskServer {
 public:
  TaskServer();
  TaskServer(const TaskServer&) = delete;
  TaskServer& operator=(const TaskServer&) = delete;
  ~TaskServer();

  /// The node's end, already greeted.
  UniqueFd take_connection() { return std::move(connection_); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  static uid_t task_uid();

 private:
  UniqueFd connection_;
  pid_t pid_ = -1;
};

enum class TestStdio { kPipe, kNull, kClosed, kTerminal, kAsStdout };

/// A task as slurmstepd would start it, and what a test does while it runs.
struct TestTask {
  std::vector<std::string> argv;
  std::string input = {};
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin"};
  std::string script_path = {};
  std::array<TestStdio, 3> stdio = {TestStdio::kPipe, TestStdio::kPipe, TestStdio::kPipe};
  /// Called once the task has said "ready\n" on its stdout.
  std::function<void(pid_t exec, pid_t server)> when_ready = {};
  /// Of the pseudo terminal that every kTerminal is; what the task writes to it is its output.
  unsigned short terminal_rows = 24;
  unsigned short terminal_columns = 80;
  /// A socket that the task inherits as kPmiFd, as a task of `srun --mpi=pmi2` does; -1: none.
  int pmi_socket = -1;
  static constexpr int kPmiFd = 7;
  /// Nobody reads the task's stdout.
  bool abandon_output = false;
};

struct TaskOutcome {
  int wait_status = 0;  ///< as waitpid(2) has it
  std::string output;
  std::string error_output;
  long peak_kib = 0;  ///< of workspace-exec's memory
};

/// Runs a task through workspace-exec to its end. A task that does not end in a minute is killed
/// and fails the test.
TaskOutcome run_task(const TestTask& task);

/// The same over a connection to another guest than the agent, which the test plays itself;
/// when_ready's second argument is then 0.
TaskOutcome run_task(const TestTask& task, UniqueFd connection, pid_t server = 0);

/// Two ends of a TCP connection over the loopback.
std::pair<UniqueFd, UniqueFd> tcp_pair();

/// Waits until there is no process `pid`, for at most `seconds`; false if it is still there.
bool wait_until_gone(pid_t pid, int seconds);

}  // namespace workspace::testing
