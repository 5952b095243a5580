#pragma once

#include <optional>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/frame_socket.h"

namespace workspace::exec {

/// What the relay does about SIGTSTP and SIGCONT besides passing them on: by these Slurm suspends
/// and resumes a job (scontrol(1)), and the job's watch then pauses and continues the VM.
///
/// What is sent to a VM that stands still is repeated by the kernel ever more seldom, and the task
/// would wait for it up to two minutes after the pause. So nothing is sent from the SIGTSTP on
/// until Slurm has stopped this process too, 2 s later; by the time it goes on, the hold is over.
/// So it is after a SIGTSTP that did not mean it, and with the next signal.
class Suspension {
 public:
  /// `watch` is the connection to the job's watch, if there is one.
  explicit Suspension(UniqueFd watch) : watch_(std::move(watch)) {}

  /// A signal came, and is queued for the task.
  void take_signal(int number, FrameSocket& socket);

  /// Before and after each round of the relay.
  void advance(FrameSocket& socket);
  /// Until when the relay may wait, for poll(2); -1: for ever.
  [[nodiscard]] int poll_ms() const;

 private:
  void begin(FrameSocket& socket);
  void end();

  UniqueFd watch_;
  bool to_hold_ = false;  ///< once the signal itself is sent
  std::optional<Deadline> hold_;
  std::optional<Deadline> unwatched_;  ///< a guest that is silent is given time until then
};

}  // namespace workspace::exec
