#include "spank_plugin/workspace_exec/suspension.h"

#include <algorithm>
#include <chrono>
#include <csignal>

#include "libworkspace/guest/agent_connection.h"
#include "libworkspace/watch/job_watch.h"

namespace workspace::exec {
namespace {

/// More than the 2 s after which Slurm sends SIGSTOP.
constexpr std::chrono::seconds kHold{3};
/// More than the longest time between two tries of the kernel's to send (TCP_RTO_MAX, 120 s): by
/// then a guest that continued has acknowledged something.
constexpr std::chrono::seconds kSilenceAfterPause{150};
/// Between looks whether it has.
constexpr std::chrono::milliseconds kLookInterval{1000};

}  // namespace

void Suspension::take_signal(int number, FrameSocket& socket) {
  to_hold_ = false;
  hold_.reset();
  socket.hold(false);
  if (number == SIGTSTP) begin(socket);
  if (number == SIGCONT) end();
}

void Suspension::begin(FrameSocket& socket) {
  tell_watch(watch_.get(), WatchHint::kStopping);
  // The VM may then stand still and acknowledge nothing.
  watch_guest(socket.fd(), false);
  unwatched_.reset();
  to_hold_ = true;
}

void Suspension::end() {
  tell_watch(watch_.get(), WatchHint::kContinuing);
  unwatched_ = Deadline::in(kSilenceAfterPause);
}

void Suspension::advance(FrameSocket& socket) {
  if (to_hold_ && !socket.has_output()) {
    to_hold_ = false;
    hold_ = Deadline::in(kHold);
    socket.hold(true);
  }
  if (hold_ && hold_->passed()) {
    hold_.reset();
    socket.hold(false);
  }
  // What was sent before the pause would count as unanswered since then.
  if (unwatched_ && (unwatched_->passed() || socket.is_acknowledged())) {
    unwatched_.reset();
    watch_guest(socket.fd(), true);
  }
}

int Suspension::poll_ms() const {
  int most = -1;
  if (unwatched_) most = static_cast<int>(kLookInterval.count());
  if (hold_) most = most < 0 ? hold_->poll_ms() : std::min(most, hold_->poll_ms());
  return most;
}

}  // namespace workspace::exec
