/// workspace-exec against a guest that breaks the protocol: the task ends with one line that says
/// so, and nothing on the node grows or waits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/protocol.h"
#include "tests/support/guest_task.h"

namespace workspace {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::run_task;
using ::testing::StartsWith;
using testing::TaskOutcome;
using testing::TestTask;

constexpr int kExitWorkspace = 125;

std::string frame(FrameType type, std::uint8_t stream, std::string_view payload) {
  std::string bytes;
  append_frame(bytes, type, stream, payload);
  return bytes;
}

/// The frame's header alone, with any numbers in it.
std::string header(std::uint32_t payload_bytes, int type, int stream, int reserved = 0) {
  std::string bytes = encode_u32(payload_bytes);
  for (const int byte : {type, stream, reserved, 0}) bytes += static_cast<char>(byte);
  return bytes;
}

const std::string kEmptyFrame = frame(FrameType::kData, kStdout, "");
const std::string kSaysReady = kEmptyFrame + frame(FrameType::kData, kStdout, "ready\n");

/// Sends what it can; the node may have hung up before.
void send_bytes(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Runs a task in a guest that takes it as the agent does, and then does `what` with its end of the
/// connection; the end is closed after that.
TaskOutcome run_in(const std::function<void(int socket)>& what, TestTask task = {{"any"}}) {
  auto [near_end, far_end] = testing::tcp_pair();
  std::thread guest([end = std::move(far_end), &what] {
    while (const auto received = receive_frame(end.get(), Deadline::in(30s))) {
      if (received->type == FrameType::kStart) break;
    }
    what(end.get());
  });
  const TaskOutcome outcome = run_task(task, std::move(near_end));
  guest.join();
  return outcome;
}

void expect_line(const TaskOutcome& outcome, const std::string& text) {
  ASSERT_TRUE(WIFEXITED(outcome.wait_status)) << "by signal " << WTERMSIG(outcome.wait_status);
  EXPECT_EQ(WEXITSTATUS(outcome.wait_status), kExitWorkspace);
  EXPECT_THAT(outcome.error_output, StartsWith("workspace: "));
  EXPECT_THAT(outcome.error_output, HasSubstr(text));
  EXPECT_THAT(outcome.error_output, EndsWith("\n"));
  EXPECT_EQ(std::count(outcome.error_output.begin(), outcome.error_output.end(), '\n'), 1);
}

TEST(HostileGuest, IsToldInOneLine) {
  const std::string window(kStreamWindowBytes, 'x');
  const struct {
    std::string bytes;
    std::string text;
  } cases[] = {
      {header(0x7fffffff, 16, 1), "protocol error: a frame of 2147483647 bytes, more than the"},
      {header(kMaxPayloadBytes + 1, 16, 1), "protocol error: a frame of 262145 bytes"},
      {header(0, 99, 0), "protocol error: unknown frame type 99"},
      {header(0, 0, 0), "protocol error: unknown frame type 0"},
      {header(0, 33, 0, 1), "protocol error: reserved bytes of a frame are not zero"},
      {header(1, 33, 1), "protocol error: EXIT for stream 1, which does not exist"},
      {frame(FrameType::kData, kStdin, "x"),
       "protocol error: DATA for stream 0, which is not relayed this way"},
      {frame(FrameType::kCredit, kStdout, encode_u32(1)),
       "protocol error: CREDIT for stream 1, which is not relayed this way"},
      {frame(FrameType::kCredit, kStdin, encode_u32(1)),
       "protocol error: CREDIT for more than a window"},
      {frame(FrameType::kCredit, kStdin, "abc"), "protocol error: CREDIT of 3 bytes instead of 4"},
      {frame(FrameType::kClose, kStdout, "") + frame(FrameType::kData, kStdout, "late"),
       "protocol error: DATA after the stream's CLOSE"},
      {frame(FrameType::kExit, 0, "junk"), "protocol error: EXIT is malformed"},
      {frame(FrameType::kExit, 0, std::string("\1\x13\0", 3)),
       "protocol error: EXIT by signal 19, which ends no program"},
      {frame(FrameType::kHello, 0, "version=1\n"), "protocol error: HELLO while the task runs"},
      {frame(FrameType::kReady, 0, ""), "protocol error: READY while the task runs"},
      {frame(FrameType::kMount, 0, ""), "protocol error: MOUNT while the task runs"},
      {frame(FrameType::kResize, 0, encode_u32(0)), "protocol error: RESIZE while the task runs"},
      {frame(FrameType::kError, 0, "no\nsuch\x1b[31m thing"),
       R"(refused the task: no\x0asuch\x1b[31m thing)"},
      {frame(FrameType::kError, 0, std::string(65'536, 'e')), "refused the task: eeee"},
      {frame(FrameType::kError, 0, std::string(kMaxPayloadBytes, 'e')), "refused the task: eeee"},
      {header(kMaxPayloadBytes, 34, 0) + "it broke", "refused the task: it broke"},
      {"", " ended while the task ran"},
      {header(100, 16, 1) + "half", " ended while the task ran"},
      {std::string("\x01\x02\x03", 3), " ended while the task ran"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto outcome = run_in([&](int socket) { send_bytes(socket, kEmptyFrame + c.bytes); });
    expect_line(outcome, c.text);
    EXPECT_LT(outcome.error_output.size(), 700U);
  }
}

/// Frames of a channel that no program of this task has asked for answer no task of the node's.
TEST(HostileGuest, AnswersForAnotherTaskReachNobody) {
  const std::string exit_of_mine = frame(FrameType::kExit, 0, std::string("\0\x07\0", 3));
  for (const std::uint8_t channel : {std::uint8_t{2}, std::uint8_t{31}}) {
    const auto outcome = run_in([&](int socket) {
      send_bytes(socket, kEmptyFrame +
                             frame(FrameType::kData, stream_of(channel, kStdout), "not mine") +
                             frame(FrameType::kExit, stream_of(channel), std::string(3, '\0')) +
                             frame(FrameType::kData, kStdout, "mine") + exit_of_mine);
    });
    EXPECT_EQ(WEXITSTATUS(outcome.wait_status), 7);
    EXPECT_EQ(outcome.output, "mine");
    EXPECT_EQ(outcome.error_output, "");
  }
}

TEST(HostileGuest, SilenceAfterHalfAFrameDoesNotOutliveAKill) {
  TestTask task{{"any"}};
  task.when_ready = [](pid_t exec, pid_t) { ::kill(exec, SIGKILL); };
  const auto outcome = run_in(
      [](int socket) {
        send_bytes(socket, kSaysReady + header(1000, 16, 1) + "half");
        char byte = 0;
        while (::recv(socket, &byte, 1, 0) > 0) {
        }
      },
      task);
  EXPECT_EQ(outcome.wait_status, SIGKILL);
}

/// Frames that mean nothing may come without end; they are read and forgotten.
TEST(HostileGuest, FloodMakesNothingGrow) {
  const auto calm = run_in([](int socket) { send_bytes(socket, kEmptyFrame); });
  std::string many;
  for (int i = 0; i < 5000; ++i) many += kEmptyFrame;
  const auto flooded = run_in([&](int socket) {
    for (int i = 0; i < 600; ++i) send_bytes(socket, many);  // 24 MB in all
  });
  expect_line(flooded, " ended while the task ran");
  EXPECT_LT(flooded.peak_kib, calm.peak_kib + 8 * 1024);
}

/// Of a storm of resizing, a guest that did not read meanwhile learns the last size, and then the
/// signal that came after it.
TEST(HostileGuest, ResizeStormReachesAGuestThatReadsAgain) {
  TestTask task{{"any"}};
  task.stdio = {testing::TestStdio::kTerminal, testing::TestStdio::kTerminal,
                testing::TestStdio::kTerminal};
  task.terminal_rows = 33;
  task.terminal_columns = 99;
  std::atomic<bool> storm_is_over = false;
  task.when_ready = [&](pid_t exec, pid_t) {
    for (int i = 0; i < 20'000; ++i) ::kill(exec, SIGWINCH);
    ::kill(exec, SIGTERM);
    storm_is_over = true;
  };
  std::string last_size;
  const auto outcome = run_in(
      [&](int socket) {
        send_bytes(socket, kSaysReady);
        while (!storm_is_over) std::this_thread::sleep_for(1ms);
        while (const auto received = receive_frame(socket, Deadline::in(30s))) {
          if (received->type == FrameType::kResize) last_size = received->payload;
          if (received->type == FrameType::kSignal) break;
        }
        send_bytes(socket, frame(FrameType::kExit, 0, std::string("\1\x0f\0", 3)));
      },
      task);
  EXPECT_EQ(last_size, encode_u32(33U | 99U << 16));
  EXPECT_EQ(WTERMSIG(outcome.wait_status), SIGTERM);
}

}  // namespace
}  // namespace workspace
