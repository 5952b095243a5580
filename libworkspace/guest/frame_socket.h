#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/protocol.h"

namespace workspace {

/// Whether frames follow at once that can go in the same packet.
enum class More { kNo, kYes };

/// Sends one frame on a socket that does not block. Errors: kGuest when the other side is gone or
/// the deadline passes.
void send_frame(int socket, FrameType type, std::string_view payload, Deadline deadline,
                More more = More::kNo);

/// Receives exactly one frame and not a byte more, so that the socket can be handed on afterwards
/// (to a 9p server, to the kernel). Nothing when the other side closed the connection between two
/// frames. Errors: kInvalid for a malformed frame; kGuest as above.
std::optional<Frame> receive_frame(int socket, Deadline deadline);

/// Who takes the payload of large kData frames as it comes.
class PayloadTaker {
 public:
  virtual ~PayloadTaker() = default;
  /// Whether a payload of so many bytes of a stream is taken.
  [[nodiscard]] virtual bool can_take(std::uint8_t stream, std::size_t bytes) const = 0;
  /// Takes at most so many bytes of it from the socket. Returns as recv(2).
  virtual ssize_t take(std::uint8_t stream, int socket, std::size_t most) = 0;
};

/// A connection of many frames for an event loop: what is sent is queued, what is received is cut
/// into frames. The socket is this object's alone, so it may be made non-blocking.
class FrameSocket {
 public:
  explicit FrameSocket(UniqueFd fd);

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Queues a frame; flush() sends it.
  void send(FrameType type, std::uint8_t stream, std::string_view payload);
  /// Queues a kData frame whose payload, which is in `pipe` already, the kernel moves from there
  /// (splice(2)): it is never copied to this process. Only while !has_output().
  void send_from_pipe(std::uint8_t stream, std::shared_ptr<const UniqueFd> pipe, std::size_t bytes,
                      More more);
  [[nodiscard]] bool has_output() const { return !output_.empty() || moved_bytes_ > 0; }
  /// While it is held, flush() sends nothing, and the socket is congested.
  void hold(bool held) { held_ = held; }
  /// True while there is something that flush() would send.
  [[nodiscard]] bool wants_to_send() const { return has_output() && !held_; }
  /// True when the other side has received all that was sent.
  [[nodiscard]] bool is_acknowledged() const;
  /// True while so much is queued that no stream should be read for more.
  [[nodiscard]] bool congested() const {
    return held_ || moved_bytes_ > 0 || output_.size() >= kQueuedBytes;
  }
  /// True while so much is queued that what would add to it must wait: the other side does not
  /// read.
  [[nodiscard]] bool flooded() const { return output_bytes() >= 8 * kQueuedBytes; }
  [[nodiscard]] std::size_t output_bytes() const { return output_.size() + behind_.size(); }
  /// Drops what is queued and breaks the connection.
  void shut();
  /// True once the other side has closed or the connection broke, and all that came before was
  /// received: what cannot be sent any more is dropped, while the other side's last frames may
  /// still wait here.
  [[nodiscard]] bool broken() const { return broken_; }

  /// Sends as much as the socket takes now.
  void flush();
  /// Reads what is there now, for next().
  void receive();
  /// The same, but of large kData frames the taker gets the payload from the socket itself; what
  /// has come of it before is cut off as a frame of its own.
  void receive(PayloadTaker& taker);
  /// The next frame received, if a whole one is there; of a kError that broke off with the
  /// connection, what has come. Errors: kInvalid for a malformed one.
  std::optional<Frame> next() { return reader_.next(); }

 private:
  static constexpr std::size_t kQueuedBytes = std::size_t{256} << 10;

  void send_queued();
  void move_from_pipe();
  void stop_sending();
  void end_receiving();
  void receive_at_most(std::size_t bytes);
  bool begin_payload(PayloadTaker& taker);
  void take_payload(PayloadTaker& taker);

  UniqueFd fd_;
  FrameReader reader_;
  std::string output_;
  // A frame whose header is in output_ or sent, and whose payload is moved after that.
  std::shared_ptr<const UniqueFd> pipe_;
  std::size_t moved_bytes_ = 0;  ///< still to be moved
  More more_ = More::kNo;        ///< what follows them
  std::string behind_;           ///< what was queued after that frame
  // The rest of a frame whose payload is moved on as it comes.
  std::uint8_t arriving_stream_ = kStdin;
  std::size_t arriving_bytes_ = 0;
  bool held_ = false;
  bool can_send_ = true;
  bool broken_ = false;
};

}  // namespace workspace
