#include "libworkspace/guest/frame_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;

void wait_for(int socket, short events, Deadline deadline) {
  struct pollfd entry {
    socket, events, 0
  };
  for (;;) {
    const int ready = ::poll(&entry, 1, deadline.poll_ms());
    if (ready > 0) return;
    if (ready == 0) throw Error(ErrorKind::kGuest, "the guest's agent does not answer");
    if (errno != EINTR) throw_errno("waiting for the guest's agent");
  }
}

[[noreturn]] void throw_gone(int error_number) {
  throw Error(ErrorKind::kGuest,
              std::string("the connection to the guest broke: ") + std::strerror(error_number));
}

/// Fills `out`; false at the end of the stream before its first byte.
bool receive_exactly(int socket, std::string& out, std::size_t bytes, Deadline deadline) {
  out.resize(bytes);
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t got = ::recv(socket, out.data() + have, bytes - have, MSG_DONTWAIT);
    if (got > 0) {
      have += static_cast<std::size_t>(got);
    } else if (got == 0) {
      if (have == 0) return false;
      throw Error(ErrorKind::kGuest, "the guest's agent closed the connection within a frame");
    } else if (errno == EAGAIN) {
      wait_for(socket, POLLIN, deadline);
    } else if (errno != EINTR) {
      throw_gone(errno);
    }
  }
  return true;
}

}  // namespace

void send_frame(int socket, FrameType type, std::string_view payload, Deadline deadline,
                More more) {
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more == More::kYes ? MSG_MORE : 0);
  std::string frame;
  append_frame(frame, type, 0, payload);
  std::string_view left = frame;
  while (!left.empty()) {
    const ssize_t sent = ::send(socket, left.data(), left.size(), flags);
    if (sent >= 0) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      wait_for(socket, POLLOUT, deadline);
    } else if (errno != EINTR) {
      throw_gone(errno);
    }
  }
}

std::optional<Frame> receive_frame(int socket, Deadline deadline) {
  std::string bytes;
  if (!receive_exactly(socket, bytes, kFrameHeaderBytes, deadline)) return std::nullopt;
  const FrameHeader header = FrameHeader::parse(bytes);
  Frame frame{header.type, header.stream, {}};
  if (header.payload_bytes > 0 &&
      !receive_exactly(socket, frame.payload, header.payload_bytes, deadline)) {
    throw Error(ErrorKind::kGuest, "the guest's agent closed the connection within a frame");
  }
  return frame;
}

FrameSocket::FrameSocket(UniqueFd fd) : fd_(std::move(fd)) {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    throw_errno("making a socket non-blocking");
}

void FrameSocket::send(FrameType type, std::uint8_t stream, std::string_view payload) {
  if (can_send_) append_frame(moved_bytes_ > 0 ? behind_ : output_, type, stream, payload);
}

void FrameSocket::send_from_pipe(std::uint8_t stream, std::shared_ptr<const UniqueFd> pipe,
                                 std::size_t bytes, More more) {
  if (!can_send_) return;
  append_header(output_, FrameType::kData, stream, bytes);
  pipe_ = std::move(pipe);
  moved_bytes_ = bytes;
  more_ = more;
}

void FrameSocket::flush() {
  if (held_) return;
  send_queued();
  if (moved_bytes_ == 0 || !output_.empty()) return;
  move_from_pipe();
  if (moved_bytes_ > 0) return;
  output_ = std::move(behind_);
  behind_.clear();
  send_queued();
}

void FrameSocket::send_queued() {
  // The header of a frame whose payload follows goes in one segment with it.
  const int more = moved_bytes_ > 0 ? MSG_MORE : 0;
  std::size_t sent_bytes = 0;
  while (sent_bytes < output_.size()) {
    const ssize_t sent = ::send(fd_.get(), output_.data() + sent_bytes, output_.size() - sent_bytes,
                                MSG_NOSIGNAL | MSG_DONTWAIT | more);
    if (sent >= 0) {
      sent_bytes += static_cast<std::size_t>(sent);
    } else if (errno != EINTR) {
      if (errno != EAGAIN) stop_sending();
      break;
    }
  }
  output_.erase(0, can_send_ ? sent_bytes : output_.size());
}

/// The bytes are in the pipe, so EAGAIN is the socket's.
void FrameSocket::move_from_pipe() {
  const unsigned flags =
      SPLICE_F_MOVE | SPLICE_F_NONBLOCK | (more_ == More::kYes ? SPLICE_F_MORE : 0U);
  while (moved_bytes_ > 0) {
    const ssize_t moved = ::splice(pipe_->get(), nullptr, fd_.get(), nullptr, moved_bytes_, flags);
    if (moved > 0) {
      moved_bytes_ -= static_cast<std::size_t>(moved);
    } else if (moved == 0 || (errno != EINTR && errno != EAGAIN)) {
      stop_sending();
    } else if (errno == EAGAIN) {
      return;
    }
  }
  pipe_.reset();
}

bool FrameSocket::is_acknowledged() const {
  int waiting = 0;
  return ::ioctl(fd_.get(), TIOCOUTQ, &waiting) == 0 && waiting == 0;
}

void FrameSocket::stop_sending() {
  can_send_ = false;
  output_.clear();
  behind_.clear();
  pipe_.reset();
  moved_bytes_ = 0;
}

/// Of an error the first words tell enough.
void FrameSocket::end_receiving() {
  stop_sending();
  broken_ = true;
  const auto last = reader_.incomplete();
  if (last && last->type == FrameType::kError) reader_.cut_incomplete();
}

void FrameSocket::shut() {
  stop_sending();
  broken_ = true;
  ::shutdown(fd_.get(), SHUT_RDWR);
}

void FrameSocket::receive() { receive_at_most(kReadBytes); }

void FrameSocket::receive(PayloadTaker& taker) {
  while (!broken_) {
    if (arriving_bytes_ == 0 && !begin_payload(taker)) return;
    take_payload(taker);
    if (arriving_bytes_ > 0) return;
  }
}

/// Receives a frame's header. True when the payload is the taker's and all still to come.
bool FrameSocket::begin_payload(PayloadTaker& taker) {
  // After a large frame another is likely: of that one the header alone is read, so that the
  // payload can be moved.
  receive_at_most(reader_.expects_large() ? kFrameHeaderBytes : kReadBytes);
  const auto header = reader_.incomplete();
  if (!header || header->type != FrameType::kData || header->payload_bytes < kLeastMovedBytes ||
      !taker.can_take(header->stream, header->payload_bytes))
    return false;
  arriving_stream_ = header->stream;
  arriving_bytes_ = reader_.cut_incomplete();
  return arriving_bytes_ == header->payload_bytes;
}

/// Leaves arriving_bytes_ at what has not come yet.
void FrameSocket::take_payload(PayloadTaker& taker) {
  while (arriving_bytes_ > 0) {
    const ssize_t taken = taker.take(arriving_stream_, fd_.get(), arriving_bytes_);
    if (taken > 0) {
      arriving_bytes_ -= static_cast<std::size_t>(taken);
    } else if (taken == 0 || (errno != EINTR && errno != EAGAIN)) {
      end_receiving();
      return;
    } else if (errno == EAGAIN) {
      return;
    }
  }
}

void FrameSocket::receive_at_most(std::size_t bytes) {
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const ssize_t got = ::recv(fd_.get(), buffer.data(), bytes, MSG_DONTWAIT);
  if (got > 0) {
    reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
  } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
    end_receiving();
  }
}

}  // namespace workspace
