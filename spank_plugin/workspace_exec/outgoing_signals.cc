#include "spank_plugin/workspace_exec/outgoing_signals.h"

#include "libworkspace/guest/raw_terminal.h"

namespace workspace::exec {

void OutgoingSignals::send_to(FrameSocket& socket) {
  if (socket.congested()) return;
  if (resize_) socket.send(FrameType::kResize, 0, RawTerminal::size().encode());
  resize_ = false;
  for (std::size_t number = 1; signals_.any() && number < signals_.size(); ++number) {
    const char payload = static_cast<char>(number);
    if (signals_.test(number)) socket.send(FrameType::kSignal, 0, {&payload, 1});
    signals_.reset(number);
  }
}

}  // namespace workspace::exec
