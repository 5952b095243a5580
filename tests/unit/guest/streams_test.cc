#include "libworkspace/guest/streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

Frame frame(FrameType type, std::uint8_t stream, std::string payload = {}) {
  return {type, stream, std::move(payload)};
}

/// Both ends of a connection and a pipe for the stream that is looked at.
class StreamsTest : public ::testing::Test {
 protected:
  StreamsTest() { renew(); }

  void renew() {
    ::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    near_.emplace(UniqueFd(ends[0]));
    far_.emplace(UniqueFd(ends[1]));
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read_end_ = UniqueFd(ends[0]);
    write_end_ = UniqueFd(ends[1]);
    streams_ = Streams();
  }

  /// Serves everything that is ready, until nothing is.
  void serve() {
    for (;;) {
      std::vector<struct pollfd> entries;
      streams_.add_poll_entries(entries, *near_);
      if (::poll(entries.data(), entries.size(), 0) <= 0) break;
      streams_.serve(entries, 0, *near_);
      near_->flush();
    }
    near_->flush();
  }

  /// What has arrived on the far end; file by file the bytes of a stream, or the other frames'
  /// names.
  std::string arrived() {
    std::string text;
    far_->receive();
    while (const auto f = far_->next()) {
      text += f->type == FrameType::kData ? f->payload : "<" + std::string(*name_of(f->type)) + ">";
    }
    return text;
  }

  std::optional<FrameSocket> near_;
  std::optional<FrameSocket> far_;
  UniqueFd read_end_;
  UniqueFd write_end_;
  Streams streams_;
};

TEST_F(StreamsTest, SourceSendsBytesAndItsEnd) {
  streams_.add_source(kStdout, std::move(read_end_));
  write_all(write_end_.get(), "hello", "a pipe");
  serve();
  EXPECT_EQ(arrived(), "hello");
  write_end_.reset();
  EXPECT_FALSE(streams_.sources_are_drained());
  serve();
  EXPECT_EQ(arrived(), "<CLOSE>");
  EXPECT_TRUE(streams_.sources_are_drained());
}

/// What waits in a pipe is moved by the kernel; frames that are queued meanwhile come after it, and
/// a socket that takes little at a time gets all of it.
TEST_F(StreamsTest, SourceMovesWhatWaitsInAPipe) {
  std::string data(200'000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 7 + i / 251);
  ASSERT_GE(::fcntl(write_end_.get(), F_SETPIPE_SZ, 1 << 20), 1 << 20);
  const int small = 4096;
  ::setsockopt(near_->fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  streams_.add_source(kStdout, std::move(read_end_));
  write_all(write_end_.get(), data, "a pipe");
  std::string text;
  for (int turn = 0; turn < 2000 && text.size() < data.size(); ++turn) {
    serve();
    if (turn == 1) near_->send(FrameType::kOk, 0, {});
    text += arrived();
  }
  const std::size_t at = text.find("<OK>");
  ASSERT_NE(at, std::string::npos);
  EXPECT_TRUE(text.erase(at, 4) == data.substr(0, text.size()));
  write_end_.reset();
  for (int turn = 0; turn < 2000 && !text.ends_with("<CLOSE>"); ++turn) {
    serve();
    text += arrived();
  }
  EXPECT_TRUE(text == data + "<CLOSE>") << text.size() << " bytes";
}

TEST_F(StreamsTest, SourceStopsWithoutCredit) {
  const UniqueFd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  streams_.add_source(kStdout, UniqueFd(::dup(zero.get())));
  std::size_t received = 0;
  const auto pump = [&] {
    for (int round = 0; round < 20; ++round) {
      serve();
      received += arrived().size();
    }
  };
  pump();
  EXPECT_EQ(received, kStreamWindowBytes);
  streams_.handle(frame(FrameType::kCredit, kStdout, encode_u32(1000)));
  pump();
  EXPECT_EQ(received, kStreamWindowBytes + 1000);
}

TEST_F(StreamsTest, SinkWritesAndGivesCreditBack) {
  streams_.add_sink(kStdin, std::move(write_end_));
  const std::string data(kStreamWindowBytes / 4, 'd');
  ASSERT_GE(::fcntl(read_end_.get(), F_SETPIPE_SZ, 1 << 20), 1 << 20);
  for (std::size_t sent = 0; sent < data.size(); sent += 32768)
    streams_.handle(frame(FrameType::kData, kStdin, data.substr(sent, 32768)));
  EXPECT_FALSE(streams_.sinks_are_written());
  serve();
  EXPECT_TRUE(streams_.sinks_are_written());
  EXPECT_EQ(arrived(), "<CREDIT>");
  streams_.handle(frame(FrameType::kClose, kStdin));
  EXPECT_EQ(read_all(read_end_.get(), 1 << 20, "a pipe"), data);
}

/// What is left of a portion comes back with the next one.
TEST_F(StreamsTest, SinkGivesCreditBackInWholeFrames) {
  const UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
  streams_.add_sink(kStdin, UniqueFd(::dup(output.get())));
  const auto credit_after = [&](std::size_t bytes) {
    for (; bytes > 0; bytes -= std::min<std::size_t>(bytes, 50'000)) {
      const std::string piece(std::min<std::size_t>(bytes, 50'000), 'd');
      streams_.handle(frame(FrameType::kData, kStdin, piece));
    }
    serve();
    far_->receive();
    const auto f = far_->next();
    return f ? decode_u32(f->payload, "CREDIT") : 0;
  };
  EXPECT_EQ(credit_after(262'143), 0U);
  EXPECT_EQ(credit_after(1), kMaxPayloadBytes);
  EXPECT_EQ(credit_after(300'000), kMaxPayloadBytes);
  EXPECT_EQ(credit_after(230'000), kMaxPayloadBytes) << "37,856 bytes were left";
}

/// Large frames go into a pipe by the kernel's hand as far as it has room, and by a copy where it
/// has none; small ones and those of other streams come between them.
TEST_F(StreamsTest, SinkTakesLargeFramesIntoAPipe) {
  for (const int pipe_bytes : {4096, 65536, 1 << 20}) {
    SCOPED_TRACE(pipe_bytes);
    renew();
    ASSERT_GE(::fcntl(write_end_.get(), F_SETPIPE_SZ, pipe_bytes), pipe_bytes);
    ASSERT_EQ(::fcntl(write_end_.get(), F_SETFL, O_NONBLOCK), 0);
    ASSERT_EQ(::fcntl(read_end_.get(), F_SETFL, O_NONBLOCK), 0);
    streams_.add_sink(kStdin, std::move(write_end_));
    std::string sent;
    std::string got;
    std::size_t credit = kStreamWindowBytes;
    std::size_t signals = 0;
    for (int turn = 0; turn < 20'000 && got.size() < (6U << 20); ++turn) {
      const std::size_t bytes = turn % 7 == 0 ? 10 : turn % 3 == 0 ? 5000 : kMaxPayloadBytes;
      if (sent.size() < (6U << 20) && bytes <= credit && !far_->has_output()) {
        std::string piece(bytes, '\0');
        for (auto& byte : piece) byte = static_cast<char>((sent.size() + turn) % 251);
        far_->send(FrameType::kData, kStdin, piece);
        far_->send(FrameType::kSignal, 0, "\x0a");
        sent += piece;
        credit -= bytes;
      }
      far_->flush();
      streams_.receive(*near_);
      while (const auto f = near_->next()) {
        if (f->type == FrameType::kSignal)
          ++signals;
        else
          streams_.handle(*f);
      }
      streams_.write_ahead(*near_);
      near_->flush();
      far_->receive();
      while (const auto f = far_->next()) credit += decode_u32(f->payload, "CREDIT");
      std::array<char, 30'000> buffer{};
      if (const ssize_t n = ::read(read_end_.get(), buffer.data(), buffer.size()); n > 0)
        got.append(buffer.data(), static_cast<std::size_t>(n));
      ASSERT_FALSE(near_->broken());
    }
    EXPECT_TRUE(got == sent.substr(0, got.size()));
    EXPECT_GE(got.size(), 6U << 20);
    EXPECT_GT(signals, 30U);
  }
}

/// A file of the user's, longer than a window, and what is written to one, whether the kernel can
/// move it there or, as where the file is open for appending, not.
TEST_F(StreamsTest, FilesAreReadAndWrittenWhole) {
  std::string data(3 * kStreamWindowBytes + 1000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 7 + i / 251);
  for (const int flags : {0, O_APPEND}) {
    SCOPED_TRACE(flags);
    renew();
    const UniqueFd input(::memfd_create("input", MFD_CLOEXEC));
    const UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
    write_all(input.get(), data, "a file");
    ASSERT_EQ(::lseek(input.get(), 0, SEEK_SET), 0);
    ASSERT_EQ(::fcntl(output.get(), F_SETFL, flags), 0);
    Streams far_streams;
    far_streams.add_source(kStdin, UniqueFd(::dup(input.get())));
    streams_.add_sink(kStdin, UniqueFd(::dup(output.get())));
    for (int turn = 0; turn < 2000 && !far_streams.sources_are_drained(); ++turn) {
      std::vector<struct pollfd> entries;
      far_streams.add_poll_entries(entries, *far_);
      (void)::poll(entries.data(), entries.size(), 0);
      far_streams.serve(entries, 0, *far_);
      far_->flush();
      streams_.receive(*near_);
      while (const auto f = near_->next()) streams_.handle(*f);
      streams_.write_ahead(*near_);
      near_->flush();
      far_->receive();
      while (const auto f = far_->next()) far_streams.handle(*f);
    }
    for (int turn = 0; turn < 100; ++turn) {
      far_->flush();
      streams_.receive(*near_);
      while (const auto f = near_->next()) streams_.handle(*f);
      streams_.write_ahead(*near_);
    }
    ASSERT_EQ(::lseek(output.get(), 0, SEEK_SET), 0);
    EXPECT_TRUE(read_all(output.get(), 4 << 20, "a file") == data);
  }
}

TEST_F(StreamsTest, SinkWhoseReaderHasGoneTellsSoInTheMiddleOfAFrame) {
  ASSERT_EQ(::fcntl(write_end_.get(), F_SETFL, O_NONBLOCK), 0);
  streams_.add_sink(kStdin, std::move(write_end_));
  std::string bytes;
  append_frame(bytes, FrameType::kData, kStdin, std::string(65'536, 'x'));
  ASSERT_EQ(::send(far_->fd(), bytes.data(), 10'000, 0), 10'000);
  const auto turn = [&] {
    streams_.receive(*near_);
    while (const auto f = near_->next()) streams_.handle(*f);
    streams_.write_ahead(*near_);
    near_->flush();
  };
  turn();
  read_end_.reset();
  write_all(far_->fd(), bytes.substr(10'000), "a socket");
  for (int i = 0; i < 10; ++i) turn();
  EXPECT_EQ(arrived(), "<CLOSE>");
}

TEST_F(StreamsTest, SinkThatNobodyReadsTellsSoOnce) {
  streams_.add_sink(kStdout, std::move(write_end_));
  read_end_.reset();
  streams_.handle(frame(FrameType::kData, kStdout, "x"));
  serve();
  EXPECT_EQ(arrived(), "<CLOSE>");
  // What was on the way is dropped.
  streams_.handle(frame(FrameType::kData, kStdout, "y"));
  serve();
  EXPECT_EQ(arrived(), "");
}

TEST_F(StreamsTest, SourceThatNobodyReadsIsClosed) {
  streams_.add_source(kStdout, std::move(read_end_));
  streams_.handle(frame(FrameType::kClose, kStdout));
  // As a write into a pipe tells it.
  EXPECT_EQ(::write(write_end_.get(), "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
}

TEST_F(StreamsTest, OfAChannelBearItsNumber) {
  Streams streams(4);
  streams.add_source(kStdout, UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  std::vector<struct pollfd> entries;
  streams.add_poll_entries(entries, *near_);
  ASSERT_EQ(::poll(entries.data(), entries.size(), 1000), 1);
  streams.serve(entries, 0, *near_);
  near_->flush();
  far_->receive();
  const auto close = far_->next();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->type, FrameType::kClose);
  EXPECT_EQ(close->stream, stream_of(4, kStdout));
  streams.handle(frame(FrameType::kCredit, stream_of(4, kStdout), encode_u32(0)));
  expect_error([&] { streams.handle(frame(FrameType::kCredit, kStdout, encode_u32(0))); },
               ErrorKind::kInvalid,
               StrEq("protocol error: CREDIT for stream 1, which is not relayed this way"));
}

TEST_F(StreamsTest, ASocketGoesBothWaysAndEndsEachWayByItself) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd peer(ends[1]);
  streams_.add_socket(kStdout, kStdin, UniqueFd(ends[0]));
  write_all(peer.get(), "asked", "a socket");
  serve();
  EXPECT_EQ(arrived(), "asked");
  streams_.handle(frame(FrameType::kData, kStdin, "answered"));
  serve();
  char buffer[64];
  ASSERT_EQ(::recv(peer.get(), buffer, sizeof buffer, 0), 8);
  EXPECT_EQ(std::string(buffer, 8), "answered");

  streams_.handle(frame(FrameType::kClose, kStdin));
  EXPECT_EQ(::recv(peer.get(), buffer, sizeof buffer, 0), 0)
      << "the other side's end comes through";
  write_all(peer.get(), "more", "a socket");
  serve();
  EXPECT_EQ(arrived(), "more");
  ::shutdown(peer.get(), SHUT_WR);
  serve();
  EXPECT_EQ(arrived(), "<CLOSE>");
}

TEST_F(StreamsTest, RefusesWhatBreaksTheRules) {
  streams_.add_source(kStdout, std::move(read_end_));
  streams_.add_sink(kStdin, std::move(write_end_));
  expect_error([&] { streams_.handle(frame(FrameType::kData, kStdout, "x")); }, ErrorKind::kInvalid,
               StrEq("protocol error: DATA for stream 1, which is not relayed this way"));
  expect_error([&] { streams_.handle(frame(FrameType::kCredit, kStdin, encode_u32(1))); },
               ErrorKind::kInvalid,
               StrEq("protocol error: CREDIT for stream 0, which is not relayed this way"));
  expect_error([&] { streams_.handle(frame(FrameType::kClose, kStderr)); }, ErrorKind::kInvalid,
               StrEq("protocol error: CLOSE for stream 2, which is not relayed this way"));
  expect_error([&] { streams_.handle(frame(FrameType::kCredit, kStdout, encode_u32(1))); },
               ErrorKind::kInvalid, StrEq("protocol error: CREDIT for more than a window"));
  expect_error(
      [&] {
        for (std::size_t sent = 0; sent <= kStreamWindowBytes; sent += kMaxPayloadBytes)
          streams_.handle(frame(FrameType::kData, kStdin, std::string(kMaxPayloadBytes, 'x')));
      },
      ErrorKind::kInvalid, StrEq("protocol error: DATA beyond the stream's credit"));
  streams_.handle(frame(FrameType::kClose, kStdin));
  expect_error([&] { streams_.handle(frame(FrameType::kData, kStdin, "x")); }, ErrorKind::kInvalid,
               StrEq("protocol error: DATA after the stream's CLOSE"));
}

TEST_F(StreamsTest, OutputThatCannotBeWrittenIsTold) {
  struct Case {
    const char* place;  ///< a pipe without one
    int failure;
  };
  for (const Case& expected : {Case{"/dev/full", ENOSPC}, Case{nullptr, 0}, Case{"/dev/null", 0}}) {
    renew();
    if (expected.place != nullptr)
      write_end_ = UniqueFd(::open(expected.place, O_WRONLY | O_CLOEXEC));
    read_end_.reset();
    streams_.add_sink(kStdout, std::move(write_end_));
    streams_.handle(frame(FrameType::kData, kStdout, "words"));
    serve();
    // Nobody to read is the task's own to learn, by SIGPIPE.
    EXPECT_EQ(streams_.sink_failure(), expected.failure);
  }
}

}  // namespace
}  // namespace workspace
