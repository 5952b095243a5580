#pragma once

#include <csignal>
#include <optional>

#include "libworkspace/base/fd.h"

namespace workspace {

/// The signals that are passed on to the program on the other side, as a descriptor that an event
/// loop can wait for.
///
/// Every signal that somebody sends is passed on. A fault of this process still ends it: the kernel
/// delivers that though it is blocked. What comes of the process's own doings is swallowed: SIGCHLD
/// for a child, and SIGPIPE, because a stream that nobody reads is told to the other side instead.
class Signals {
 public:
  /// kStop leaves SIGTTIN and SIGTTOU alone, so that a shell's background job stops when it turns
  /// to the terminal.
  enum class AtTerminal { kPassOn, kStop };
  explicit Signals(AtTerminal at_terminal = AtTerminal::kPassOn);

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The number of the next signal that has come.
  [[nodiscard]] std::optional<int> next() const;

  /// Lets every signal act on this process again: there is nothing left to pass it to.
  static void restore();

 private:
  UniqueFd fd_;
};

}  // namespace workspace
