#pragma once

#include <csignal>
#include <optional>

#include "libworkspace/base/fd.h"

namespace workspace {

/// The signals that are passed on to the program on the other side, as a descriptor that an event
/// loop can wait for.
///
/// Left alone are those that end this process for a fault of its own, SIGCHLD, and SIGPIPE: it is
/// ignored here, because a stream that nobody reads is told to the other side instead.
class Signals {
 public:
  Signals();

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The number of the next signal that has come.
  [[nodiscard]] std::optional<int> next() const;

  /// Lets every signal act on this process again: there is nothing left to pass it to.
  static void restore();

 private:
  UniqueFd fd_;
};

}  // namespace workspace
