#pragma once

#include <bitset>
#include <csignal>

#include "libworkspace/guest/frame_socket.h"

namespace workspace::exec {

/// The signals and changes of the terminal's size that are on their way to the task. While the
/// guest does not read, each waits once, as a signal that is blocked does (signal(7)): however many
/// come, a guest that stands still makes nothing grow on the node.
class OutgoingSignals {
 public:
  void add_signal(int number) { signals_.set(static_cast<std::size_t>(number)); }
  void add_resize() { resize_ = true; }

  /// Queues what waits, unless the socket is congested; the terminal's size is that of now.
  void send_to(FrameSocket& socket);

 private:
  std::bitset<NSIG> signals_;
  bool resize_ = false;
};

}  // namespace workspace::exec
