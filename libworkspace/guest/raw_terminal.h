#pragma once

#include <termios.h>

#include "libworkspace/guest/messages.h"

namespace workspace {

/// This process's terminal while the program on the other side has one of its own: raw, because the
/// other one echoes, edits lines and turns ^C into a signal. The destructor restores it.
class RawTerminal {
 public:
  RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal();

  [[nodiscard]] static TerminalSize size();

 private:
  struct termios saved_ {};
  bool changed_ = false;
};

}  // namespace workspace
