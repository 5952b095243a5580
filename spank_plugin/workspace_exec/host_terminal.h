#pragma once

#include <termios.h>

#include "libworkspace/guest/messages.h"

namespace workspace::exec {

/// The terminal on this side while the guest has one of its own: raw, because the guest's echoes,
/// edits lines and turns ^C into a signal. The destructor restores it.
class HostTerminal {
 public:
  HostTerminal();
  HostTerminal(const HostTerminal&) = delete;
  HostTerminal& operator=(const HostTerminal&) = delete;
  ~HostTerminal();

  [[nodiscard]] static TerminalSize size();

 private:
  struct termios saved_ {};
  bool changed_ = false;
};

}  // namespace workspace::exec
