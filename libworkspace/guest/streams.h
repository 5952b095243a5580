#pragma once

#include <limits.h>
#include <poll.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/held_pipe.h"
#include "libworkspace/guest/protocol.h"

namespace workspace {

/// A descriptor whose bytes go out as kData, as far as the reader on the other side gave credit.
class StreamSource {
 public:
  StreamSource(std::uint8_t stream, UniqueFd fd);

  [[nodiscard]] bool open() const { return fd_.valid(); }
  /// True when it has nothing to send just now.
  [[nodiscard]] bool is_drained() const;
  /// What to wait for, to be readable, before read_some() has something to do; -1: for nothing.
  [[nodiscard]] int poll_fd(const FrameSocket& socket) const;

  /// Sends what there is. It reads once, which the caller knows not to block; where the last read
  /// brought much, all that waits in a pipe or a file is held at once, and the kernel moves it on
  /// to the socket. At the end of the file it sends kClose.
  void read_some(FrameSocket& socket);

  /// Errors: kInvalid when the credit would be more than a whole window.
  void add_credit(std::uint32_t bytes);

  /// The other side does not read any more.
  void close();

 private:
  bool hold_some(FrameSocket& socket);
  void copy_some(FrameSocket& socket);
  void send_held(FrameSocket& socket);
  void send_end(FrameSocket& socket);

  std::uint8_t stream_;
  UniqueFd fd_;
  bool moves_;               ///< whether the kernel can move bytes from the descriptor
  bool much_comes_ = false;  ///< so that what comes next is probably worth moving
  HeldPipe held_;
  std::size_t credit_bytes_ = kStreamWindowBytes;
};

/// A descriptor that the kData of a stream is written to. The bytes that cannot be written yet are
/// kept: never more than a window, because credit is given back only for what was written.
///
/// The descriptor may block and may be shared with other processes, so its O_NONBLOCK is left
/// alone: a write follows a poll(2) and is small enough to fit into a pipe that is ready for
/// writing.
class StreamSink {
 public:
  /// What the end of the stream does to the descriptor: with a socket whose other direction has a
  /// descriptor of its own, closing one of the two would end nothing.
  enum class AtEnd { kClose, kShutDown };

  StreamSink(std::uint8_t stream, UniqueFd fd, AtEnd at_end = AtEnd::kClose);

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The errno of a write that failed, other than by a reader or a terminal that has gone; or 0.
  [[nodiscard]] int failure() const { return failure_; }
  [[nodiscard]] bool wants_to_write() const {
    return fd_.valid() && (held_.bytes() > 0 || !queue_.empty());
  }
  /// Whether write_some may be called without asking poll(2) first.
  [[nodiscard]] bool never_blocks() const { return held_.bytes() > 0 || write_bytes_ > PIPE_BUF; }

  /// Keeps bytes from the other side until they can be written; once nobody reads here, drops them.
  /// Errors: kInvalid when they are more than the credit given.
  void accept(std::string_view bytes);

  /// The other side's end of the stream: the descriptor is closed when all is written.
  void end();

  /// Whether the bytes that come next may be so many.
  [[nodiscard]] bool can_take(std::size_t bytes) const { return !ended_ && bytes <= credit_bytes_; }
  /// Takes at most so many bytes from a socket, to be written later: by the kernel's hand where
  /// they can be moved and none that were copied wait before them. Returns as recv(2).
  ssize_t take(int socket, std::size_t most);

  /// One write after poll(2) found the descriptor ready. When nobody reads it sends kClose.
  void write_some(FrameSocket& socket);

 private:
  void close();
  [[nodiscard]] bool can_hold() const { return moves_ && fd_.valid() && queue_.empty(); }
  void write_queued(FrameSocket& socket);
  void write_held(FrameSocket& socket);
  void count_written(std::size_t bytes, FrameSocket& socket);
  void fail(FrameSocket& socket);

  std::uint8_t stream_;
  UniqueFd fd_;
  AtEnd at_end_;
  std::size_t write_bytes_;
  bool moves_;     ///< whether the kernel can move bytes to the descriptor
  HeldPipe held_;  ///< what came before all that is queued
  std::string queue_;
  std::size_t queue_begin_ = 0;                    ///< before it all is written
  std::size_t credit_bytes_ = kStreamWindowBytes;  ///< what the other side may still send
  std::size_t written_bytes_ = 0;                  ///< not yet given back as credit
  bool ended_ = false;
  bool is_terminal_;
  int failure_ = 0;
};

/// The streams of one channel, as both ends of a connection relay them. A stream is named kStdin,
/// kStdout or kStderr here; in frames it has the channel's number as well.
class Streams {
 public:
  explicit Streams(std::uint8_t channel = kTaskChannel) : channel_(channel) {}

  void add_source(std::uint8_t stream, UniqueFd fd) {
    sources_[stream].emplace(stream_of(channel_, stream), std::move(fd));
  }
  void add_sink(std::uint8_t stream, UniqueFd fd) {
    sinks_[stream].emplace(stream_of(channel_, stream), std::move(fd));
  }

  /// A socket that is relayed both ways. The two sides of a connection take opposite streams for
  /// what they send: the node kStdin, the guest kStdout.
  void add_socket(std::uint8_t sent, std::uint8_t received, UniqueFd socket);

  /// Takes kData, kClose or kCredit. Errors: kInvalid for a stream that does not go this way, or
  /// one of another channel.
  void handle(const Frame& frame);

  /// Appends what poll(2) is to look for, always the same number of entries in the same order.
  void add_poll_entries(std::vector<struct pollfd>& entries, const FrameSocket& socket) const;
  static constexpr std::size_t kPollEntries = 2 * std::size_t{kStreamCount};
  /// Serves those entries, the first of which stands at `first`.
  void serve(const std::vector<struct pollfd>& entries, std::size_t first, FrameSocket& socket);

  /// Writes at once what has come for descriptors that do not block: a turn of the event loop less
  /// for each piece.
  void write_ahead(FrameSocket& socket);

  /// True when every source is at its end or has nothing to read just now.
  [[nodiscard]] bool sources_are_drained() const;
  [[nodiscard]] bool sinks_are_written() const;
  /// Why not all that came for a sink was written, as StreamSink::failure() of one of them.
  [[nodiscard]] int sink_failure() const;
  void close_source(std::uint8_t stream);

  /// Receives what is there now; large pieces of a stream are moved, not copied.
  void receive(FrameSocket& socket);

 private:
  std::uint8_t channel_;
  std::array<std::optional<StreamSource>, kStreamCount> sources_;
  std::array<std::optional<StreamSink>, kStreamCount> sinks_;
};

}  // namespace workspace
