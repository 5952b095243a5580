#include "libworkspace/guest/streams.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

/// Credit goes back in portions, so that it costs no frame for every write.
constexpr std::size_t kCreditPortionBytes = kStreamWindowBytes / 4;

bool is_pipe(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "protocol error: " + why);
}

/// The most that one write may hold. A pipe or terminal that poll(2) calls writable has room for at
/// least PIPE_BUF bytes, and a larger write would block; files do not block, and a non-blocking
/// descriptor takes what fits.
std::size_t safe_write_bytes(int fd) {
  struct stat status {};
  const int flags = ::fcntl(fd, F_GETFL);
  const bool bounded =
      ::fstat(fd, &status) == 0 && flags >= 0 &&
      (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) || (flags & O_NONBLOCK) != 0);
  return bounded ? kMaxPayloadBytes : PIPE_BUF;
}

}  // namespace

StreamSource::StreamSource(std::uint8_t stream, UniqueFd fd)
    : stream_(stream),
      fd_(std::make_shared<const UniqueFd>(std::move(fd))),
      is_pipe_(is_pipe(fd_->get())) {}

std::size_t StreamSource::bytes_in_pipe() const {
  int waiting = 0;
  if (!is_pipe_ || ::ioctl(fd_->get(), FIONREAD, &waiting) != 0 || waiting < 0) return 0;
  return std::min({static_cast<std::size_t>(waiting), credit_bytes_, kMaxPayloadBytes});
}

void StreamSource::read_some(FrameSocket& socket) {
  if (const std::size_t waiting = socket.has_output() ? 0 : bytes_in_pipe();
      waiting >= kLeastMovedBytes) {
    credit_bytes_ -= waiting;
    return socket.send_from_pipe(stream_, fd_, waiting);
  }
  std::array<char, kMaxPayloadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const ssize_t got = ::read(fd_->get(), buffer.data(), std::min(buffer.size(), credit_bytes_));
  if (got > 0) {
    credit_bytes_ -= static_cast<std::size_t>(got);
    socket.send(FrameType::kData, stream_, {buffer.data(), static_cast<std::size_t>(got)});
    return;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // Any error is the end: EIO is how a terminal's other side says so.
  socket.send(FrameType::kClose, stream_, {});
  fd_.reset();
}

void StreamSource::add_credit(std::uint32_t bytes) {
  if (bytes > kStreamWindowBytes - credit_bytes_) refuse("CREDIT for more than a window");
  credit_bytes_ += bytes;
}

StreamSink::StreamSink(std::uint8_t stream, UniqueFd fd, AtEnd at_end)
    : stream_(stream),
      fd_(std::move(fd)),
      is_pipe_(is_pipe(fd_.get())),
      at_end_(at_end),
      write_bytes_(safe_write_bytes(fd_.get())) {}

void StreamSink::close() {
  if (at_end_ == AtEnd::kShutDown && fd_.valid()) ::shutdown(fd_.get(), SHUT_WR);
  fd_.reset();
}

void StreamSink::accept(std::string_view bytes) {
  if (ended_) refuse("DATA after the stream's CLOSE");
  if (bytes.size() > credit_bytes_) refuse("DATA beyond the stream's credit");
  credit_bytes_ -= bytes.size();
  if (!fd_.valid()) return;
  // What was written is cut off here, once for many small writes.
  queue_.erase(0, queue_begin_);
  queue_begin_ = 0;
  queue_ += bytes;
}

void StreamSink::end() {
  ended_ = true;
  if (queue_.empty()) close();
}

void StreamSink::write_some(FrameSocket& socket) {
  const std::string_view left = std::string_view(queue_).substr(queue_begin_);
  const ssize_t written = ::write(fd_.get(), left.data(), std::min(left.size(), write_bytes_));
  if (written < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    // The task must learn that nobody reads, in the way a pipe tells it: there, by SIGPIPE.
    socket.send(FrameType::kClose, stream_, {});
    queue_.clear();
    queue_begin_ = 0;
    close();
    return;
  }
  queue_begin_ += static_cast<std::size_t>(written);
  if (queue_begin_ == queue_.size()) {
    queue_.clear();
    queue_begin_ = 0;
  }
  written_bytes_ += static_cast<std::size_t>(written);
  if (queue_.empty() && ended_) close();
  give_credit(socket);
}

void StreamSink::accept_moved(std::size_t bytes, FrameSocket& socket) {
  credit_bytes_ -= bytes;
  written_bytes_ += bytes;
  give_credit(socket);
}

void StreamSink::give_credit(FrameSocket& socket) {
  if (written_bytes_ >= kCreditPortionBytes && !ended_) {
    socket.send(FrameType::kCredit, stream_,
                encode_u32(static_cast<std::uint32_t>(written_bytes_)));
    credit_bytes_ += written_bytes_;
    written_bytes_ = 0;
  }
}

void Streams::add_socket(std::uint8_t sent, std::uint8_t received, UniqueFd socket) {
  UniqueFd twin(::fcntl(socket.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!twin.valid()) throw_errno("duplicating a socket");
  sources_[sent].emplace(stream_of(channel_, sent), std::move(twin));
  sinks_[received].emplace(stream_of(channel_, received), std::move(socket),
                           StreamSink::AtEnd::kShutDown);
}

void Streams::handle(const Frame& frame) {
  auto& source = sources_[frame.stream % kStreamCount];
  auto& sink = sinks_[frame.stream % kStreamCount];
  const bool goes_this_way = channel_of(frame.stream) != channel_ ? false
                             : frame.type == FrameType::kData     ? sink.has_value()
                             : frame.type == FrameType::kCredit   ? source.has_value()
                                                                  : source || sink;
  if (!goes_this_way) {
    refuse(std::string(name_of(frame.type).value_or("a frame")) + " for stream " +
           std::to_string(frame.stream) + ", which is not relayed this way");
  }
  if (frame.type == FrameType::kData) {
    sink->accept(frame.payload);
  } else if (frame.type == FrameType::kCredit) {
    source->add_credit(decode_u32(frame.payload, "CREDIT"));
  } else if (sink) {
    sink->end();
  } else {
    source->close();
  }
}

void Streams::add_poll_entries(std::vector<struct pollfd>& entries,
                               const FrameSocket& socket) const {
  for (const auto& source : sources_) {
    const bool wanted = source && source->wants_to_read() && !socket.congested();
    entries.push_back({wanted ? source->fd() : -1, POLLIN, 0});
  }
  for (const auto& sink : sinks_)
    entries.push_back({sink && sink->wants_to_write() ? sink->fd() : -1, POLLOUT, 0});
}

void Streams::serve(const std::vector<struct pollfd>& entries, std::size_t first,
                    FrameSocket& socket) {
  // An error or a hang-up counts as ready: the read or write then tells which.
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    if (entries[first + i].revents != 0) sources_[i]->read_some(socket);
  }
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    if (entries[first + kStreamCount + i].revents != 0) sinks_[i]->write_some(socket);
  }
}

void Streams::write_ahead(FrameSocket& socket) {
  for (auto& sink : sinks_) {
    if (sink && sink->never_blocks() && sink->wants_to_write()) sink->write_some(socket);
  }
}

bool Streams::sources_are_drained() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const auto& source) {
    if (!source || !source->open()) return true;
    struct pollfd entry {
      source->fd(), POLLIN, 0
    };
    return ::poll(&entry, 1, 0) == 0;
  });
}

bool Streams::sinks_are_written() const {
  return std::none_of(sinks_.begin(), sinks_.end(),
                      [](const auto& sink) { return sink && sink->wants_to_write(); });
}

namespace {

/// The sinks of a task's own channel.
class SinkPipes : public PayloadTaker {
 public:
  SinkPipes(std::array<std::optional<StreamSink>, kStreamCount>& sinks, std::uint8_t channel,
            FrameSocket& socket)
      : sinks_(sinks), channel_(channel), socket_(socket) {}

  [[nodiscard]] bool can_take(std::uint8_t stream, std::size_t bytes) const override {
    const auto& sink = sinks_[stream % kStreamCount];
    return channel_of(stream) == channel_ && sink && sink->can_be_moved(bytes);
  }
  [[nodiscard]] int pipe_of(std::uint8_t stream) const override {
    const auto& sink = *sinks_[stream % kStreamCount];
    return sink.wants_to_write() ? -1 : sink.fd();
  }
  void take_moved(std::uint8_t stream, std::size_t bytes) override {
    sinks_[stream % kStreamCount]->accept_moved(bytes, socket_);
  }

 private:
  std::array<std::optional<StreamSink>, kStreamCount>& sinks_;
  std::uint8_t channel_;
  FrameSocket& socket_;
};

}  // namespace

void Streams::receive(FrameSocket& socket) {
  SinkPipes pipes(sinks_, channel_, socket);
  socket.receive(pipes);
}

void Streams::close_source(std::uint8_t stream) {
  if (sources_[stream]) sources_[stream]->close();
}

}  // namespace workspace
