#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/raw_terminal.h"
#include "libworkspace/guest/signals.h"
#include "libworkspace/guest/streams.h"
#include "libworkspace/guest/task_spec.h"

namespace workspace::agent {

/// This process as the node is to make the command: its environment, working directory, umask and
/// standard descriptors. Limits are the node's own. Errors: kGuest.
TaskSpec describe_call(const std::vector<std::string>& argv);

/// Of a command that does not read its stdin: what waits there is for whoever called it.
void leave_stdin(TaskSpec& spec);

/// The descriptors that a call's streams come from and go to; not valid: not relayed.
struct CallStreams {
  UniqueFd input;
  UniqueFd output;
  UniqueFd error_output;
  bool terminal = false;

  /// Takes descriptors 0 to 2 as the spec says.
  static CallStreams of_this_process(const TaskSpec& spec);
};

/// One command of Slurm's that runs on the node for this process.
class CommandCall {
 public:
  /// Connects to the task's door and asks. Errors: kGuest when there is none.
  CommandCall(const TaskSpec& spec, CallStreams streams);

  /// Passes streams and signals on until the command has ended and its output is written. Errors:
  /// kDenied with the node's line when it refuses; kGuest when the connection ends.
  TaskExit run();

  /// One round of the same, for a caller with something of its own to wait for (-1: nothing): true
  /// when that descriptor is ready. Signals are passed on, or left to the caller's child.
  bool serve_once(int own_fd, bool pass_signals_on);
  [[nodiscard]] const std::optional<TaskExit>& end() const { return end_; }

 private:
  void handle(const Frame& frame);
  void pass_on_signals(bool pass_on);
  void write_rest();

  Signals signals_{Signals::AtTerminal::kStop};
  FrameSocket socket_;
  std::optional<RawTerminal> terminal_;
  Streams streams_;
  std::optional<TaskExit> end_;
};

}  // namespace workspace::agent
