#include "libworkspace/guest/streams.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

/// Credit goes back in portions, so that it costs no frame for every write, and in whole frames:
/// any other would have the sender cut a small frame for the rest, which is copied several times on
/// its way, as are the bytes that came with it.
constexpr std::size_t kCreditPortionBytes = kStreamWindowBytes / 4;
static_assert(kCreditPortionBytes % kMaxPayloadBytes == 0);

/// What is copied is copied in pieces that stay in the CPU's cache.
constexpr std::size_t kCopiedBytes = std::size_t{64} << 10;

mode_t type_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "protocol error: " + why);
}

/// The most that one write may hold. A pipe or terminal that poll(2) calls writable has room for at
/// least PIPE_BUF bytes, and a larger write would block; files do not block, and a non-blocking
/// descriptor takes what fits.
std::size_t safe_write_bytes(int fd) {
  const mode_t type = type_of(fd);
  const int flags = ::fcntl(fd, F_GETFL);
  const bool bounded =
      flags >= 0 && (S_ISREG(type) || S_ISBLK(type) || (type != 0 && (flags & O_NONBLOCK) != 0));
  return bounded ? kStreamWindowBytes : PIPE_BUF;
}

}  // namespace

StreamSource::StreamSource(std::uint8_t stream, UniqueFd fd)
    : stream_(stream),
      fd_(std::move(fd)),
      moves_(S_ISFIFO(type_of(fd_.get())) || S_ISREG(type_of(fd_.get()))) {}

bool StreamSource::is_drained() const {
  if (held_.bytes() > 0) return false;
  struct pollfd entry {
    fd_.get(), POLLIN, 0
  };
  return !open() || ::poll(&entry, 1, 0) == 0;
}

int StreamSource::poll_fd(const FrameSocket& socket) const {
  if (socket.congested()) return -1;
  if (held_.bytes() > 0) return socket.has_output() ? -1 : held_.fd();
  return credit_bytes_ > 0 ? fd_.get() : -1;
}

/// False when it cannot be moved, but copied.
bool StreamSource::hold_some(FrameSocket& socket) {
  const ssize_t taken = held_.take(fd_.get(), credit_bytes_);
  much_comes_ = taken >= static_cast<ssize_t>(kLeastMovedBytes);
  if (taken > 0) {
    credit_bytes_ -= static_cast<std::size_t>(taken);
    send_held(socket);
  } else if (taken == 0) {
    send_end(socket);
  } else if (errno != EAGAIN && errno != EINTR) {
    moves_ = false;
    return false;
  }
  return true;
}

void StreamSource::read_some(FrameSocket& socket) {
  if (held_.bytes() > 0) return send_held(socket);
  if (!moves_ || !much_comes_ || !hold_some(socket)) copy_some(socket);
}

void StreamSource::copy_some(FrameSocket& socket) {
  std::array<char, kCopiedBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const ssize_t got = ::read(fd_.get(), buffer.data(), std::min(buffer.size(), credit_bytes_));
  much_comes_ = got >= static_cast<ssize_t>(kLeastMovedBytes);
  if (got > 0) {
    credit_bytes_ -= static_cast<std::size_t>(got);
    socket.send(FrameType::kData, stream_, {buffer.data(), static_cast<std::size_t>(got)});
    return;
  }
  // Any other error is the end: EIO is how a terminal's other side says so.
  if (got == 0 || (errno != EAGAIN && errno != EINTR)) send_end(socket);
}

void StreamSource::send_end(FrameSocket& socket) {
  socket.send(FrameType::kClose, stream_, {});
  fd_.reset();
}

/// Sends as much of it as the socket takes now.
void StreamSource::send_held(FrameSocket& socket) {
  socket.flush();
  while (held_.bytes() > 0 && !socket.congested() && !socket.has_output()) {
    const std::size_t bytes = std::min(held_.bytes(), kMaxPayloadBytes);
    auto pipe = held_.leave(bytes);
    // A frame is a little longer than the largest packet: what is left of it goes with the next
    // one.
    socket.send_from_pipe(stream_, std::move(pipe), bytes,
                          held_.bytes() > 0 ? More::kYes : More::kNo);
    socket.flush();
  }
}

void StreamSource::close() {
  fd_.reset();
  held_ = HeldPipe();
}

void StreamSource::add_credit(std::uint32_t bytes) {
  if (bytes > kStreamWindowBytes - credit_bytes_) refuse("CREDIT for more than a window");
  credit_bytes_ += bytes;
}

StreamSink::StreamSink(std::uint8_t stream, UniqueFd fd, AtEnd at_end)
    : stream_(stream),
      fd_(std::move(fd)),
      at_end_(at_end),
      write_bytes_(safe_write_bytes(fd_.get())),
      moves_(S_ISFIFO(type_of(fd_.get())) || S_ISREG(type_of(fd_.get()))),
      is_terminal_(S_ISCHR(type_of(fd_.get()))) {}

void StreamSink::close() {
  if (at_end_ == AtEnd::kShutDown && fd_.valid()) ::shutdown(fd_.get(), SHUT_WR);
  fd_.reset();
}

void StreamSink::accept(std::string_view bytes) {
  if (ended_) refuse("DATA after the stream's CLOSE");
  if (bytes.size() > credit_bytes_) refuse("DATA beyond the stream's credit");
  credit_bytes_ -= bytes.size();
  if (!fd_.valid()) return;
  // Behind what is held: were it queued, all that comes next would be copied to the queue as well,
  // until that is empty.
  if (held_.bytes() > 0 && queue_.empty()) bytes.remove_prefix(held_.put(bytes));
  if (bytes.empty()) return;
  // What was written is cut off here, once for many small writes.
  queue_.erase(0, queue_begin_);
  queue_begin_ = 0;
  queue_ += bytes;
}

void StreamSink::end() {
  ended_ = true;
  if (!wants_to_write()) close();
}

ssize_t StreamSink::take(int socket, std::size_t most) {
  if (can_hold()) {
    const ssize_t taken = held_.take(socket, most);
    if (taken > 0) credit_bytes_ -= static_cast<std::size_t>(taken);
    if (taken >= 0) return taken;
  }
  std::array<char, kCopiedBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const ssize_t got = ::recv(socket, buffer.data(), std::min(most, buffer.size()), MSG_DONTWAIT);
  if (got > 0) accept({buffer.data(), static_cast<std::size_t>(got)});
  return got;
}

void StreamSink::write_some(FrameSocket& socket) {
  if (held_.bytes() > 0)
    write_held(socket);
  else
    write_queued(socket);
}

void StreamSink::write_held(FrameSocket& socket) {
  const ssize_t written = held_.give(fd_.get());
  if (written > 0) return count_written(static_cast<std::size_t>(written), socket);
  if (errno == EAGAIN || errno == EINTR) return;
  if (errno != EINVAL) return fail(socket);
  // Not to a file that is open for appending.
  moves_ = false;
  queue_.replace(0, queue_begin_, held_.copy_out());
  queue_begin_ = 0;
}

void StreamSink::write_queued(FrameSocket& socket) {
  const std::string_view left = std::string_view(queue_).substr(queue_begin_);
  const ssize_t written = ::write(fd_.get(), left.data(), std::min(left.size(), write_bytes_));
  if (written < 0) {
    if (errno != EAGAIN && errno != EINTR) fail(socket);
    return;
  }
  queue_begin_ += static_cast<std::size_t>(written);
  if (queue_begin_ == queue_.size()) {
    queue_.clear();
    queue_begin_ = 0;
  }
  count_written(static_cast<std::size_t>(written), socket);
}

/// The task must learn that nobody reads, in the way a pipe tells it: there, by SIGPIPE.
void StreamSink::fail(FrameSocket& socket) {
  if (errno != EPIPE && !(is_terminal_ && errno == EIO)) failure_ = errno;
  socket.send(FrameType::kClose, stream_, {});
  queue_.clear();
  queue_begin_ = 0;
  close();
}

void StreamSink::count_written(std::size_t bytes, FrameSocket& socket) {
  written_bytes_ += bytes;
  if (ended_ && !wants_to_write()) close();
  if (written_bytes_ < kCreditPortionBytes || ended_) return;
  const std::size_t given_bytes = written_bytes_ - written_bytes_ % kMaxPayloadBytes;
  socket.send(FrameType::kCredit, stream_, encode_u32(static_cast<std::uint32_t>(given_bytes)));
  credit_bytes_ += given_bytes;
  written_bytes_ -= given_bytes;
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
  for (const auto& source : sources_)
    entries.push_back({source ? source->poll_fd(socket) : -1, POLLIN, 0});
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
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return !source || source->is_drained(); });
}

bool Streams::sinks_are_written() const {
  return std::none_of(sinks_.begin(), sinks_.end(),
                      [](const auto& sink) { return sink && sink->wants_to_write(); });
}

int Streams::sink_failure() const {
  for (const auto& sink : sinks_)
    if (sink && sink->failure() != 0) return sink->failure();
  return 0;
}

namespace {

/// The sinks of a task's own channel.
class SinksOfChannel : public PayloadTaker {
 public:
  SinksOfChannel(std::array<std::optional<StreamSink>, kStreamCount>& sinks, std::uint8_t channel)
      : sinks_(sinks), channel_(channel) {}

  [[nodiscard]] bool can_take(std::uint8_t stream, std::size_t bytes) const override {
    const auto& sink = sinks_[stream % kStreamCount];
    return channel_of(stream) == channel_ && sink && sink->can_take(bytes);
  }
  ssize_t take(std::uint8_t stream, int socket, std::size_t most) override {
    return sinks_[stream % kStreamCount]->take(socket, most);
  }

 private:
  std::array<std::optional<StreamSink>, kStreamCount>& sinks_;
  std::uint8_t channel_;
};

}  // namespace

void Streams::receive(FrameSocket& socket) {
  SinksOfChannel sinks(sinks_, channel_);
  socket.receive(sinks);
}

void Streams::close_source(std::uint8_t stream) {
  if (sources_[stream]) sources_[stream]->close();
}

}  // namespace workspace
