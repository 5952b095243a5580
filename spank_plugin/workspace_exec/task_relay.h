#pragma once

#include <optional>

#include "libworkspace/base/fd.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/raw_terminal.h"
#include "libworkspace/guest/signals.h"
#include "libworkspace/guest/streams.h"
#include "libworkspace/guest/task_spec.h"
#include "spank_plugin/workspace_exec/command_broker.h"
#include "spank_plugin/workspace_exec/outgoing_signals.h"
#include "spank_plugin/workspace_exec/suspension.h"

namespace workspace::exec {

/// Passes streams and signals between this process and the task in the guest until the task ends,
/// and runs the commands of Slurm's that the task's programs ask for meanwhile.
class TaskRelay {
 public:
  /// Takes over descriptors 0 to 2, the PMI socket as the spec says, and the connection to the
  /// job's watch, if there is one.
  TaskRelay(UniqueFd socket, const TaskSpec& spec, const Signals& signals, HostCommandRules rules,
            UniqueFd watch);

  /// Returns how the task ended, with all its output written. Errors: kGuest when the guest ended
  /// or refused the task; kInvalid when it broke the protocol.
  TaskExit run();

 private:
  void serve_once();
  void handle(const Frame& frame);
  void take_signals();
  void write_rest();

  FrameSocket socket_;
  const Signals& signals_;
  OutgoingSignals outgoing_;
  Suspension suspension_;
  std::optional<RawTerminal> terminal_;
  Streams streams_;
  Streams pmi_{kPmiChannel};
  CommandBroker broker_;
  std::optional<TaskExit> end_;
};

}  // namespace workspace::exec
