#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "libworkspace/base/fd.h"

namespace workspace {

/// A pipe of this process's own, for bytes on their way from one descriptor to another: the kernel
/// moves them in and out (splice(2)), and they are never copied to this process. It takes much at
/// once, so that a program at the other end of a pipe is woken seldom.
///
/// It is made when it is first used.
class HeldPipe {
 public:
  /// How many bytes are in it.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// Moves at most so many bytes in from a pipe, a socket or a file. Returns how many; 0 at the end
  /// of `from`; -1 with errno: EAGAIN when there is nothing now, or no room; EINVAL when `from`
  /// cannot be moved from.
  ssize_t take(int from, std::size_t most);

  /// Puts a copy of bytes behind what it holds, as far as there is room. Returns how many. Only
  /// while it holds something.
  std::size_t put(std::string_view bytes);

  /// Moves as much as it can out into a pipe or a file. Returns and errno as splice(2); it does not
  /// wait for a pipe.
  ssize_t give(int to);

  /// Takes all out as a copy.
  std::string copy_out();

  /// Leaves `count` of its bytes, no more than there are, to somebody who moves them out of the
  /// pipe that is returned, before anything else is.
  [[nodiscard]] std::shared_ptr<const UniqueFd> leave(std::size_t count);

  /// Readable while there is something in it; -1 before its first use.
  [[nodiscard]] int fd() const { return read_end_ ? read_end_->get() : -1; }

 private:
  bool make();

  std::shared_ptr<const UniqueFd> read_end_;
  UniqueFd write_end_;
  std::size_t bytes_ = 0;
};

}  // namespace workspace
