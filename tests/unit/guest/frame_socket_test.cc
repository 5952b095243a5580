#include "libworkspace/guest/frame_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <vector>

#include "tests/support/guest_task.h"

namespace workspace {
namespace {

using namespace std::chrono_literals;

/// Closes a connection by a reset at once: what was sent and has not left is lost.
void reset(UniqueFd& socket) {
  const struct linger at_once { 1, 0 };
  ASSERT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  socket.reset();
}

bool wait_for(const FrameSocket& socket, short events) {
  struct pollfd entry {
    socket.fd(), events, 0
  };
  return ::poll(&entry, 1, 30'000) == 1 && (entry.revents & events) != 0;
}

/// Receives all that there is, until the connection is broken.
std::vector<Frame> received_by(FrameSocket& socket) {
  std::vector<Frame> frames;
  while (!socket.broken() && wait_for(socket, POLLIN)) {
    socket.receive();
    while (auto frame = socket.next()) frames.push_back(std::move(*frame));
  }
  return frames;
}

TEST(FrameSocket, ReceivesWhatCameBeforeItCouldSendNoMore) {
  auto [near_end, far_end] = testing::tcp_pair();
  FrameSocket socket(std::move(near_end));
  for (int i = 0; i < 3; ++i)
    send_frame(far_end.get(), FrameType::kData, "last words", Deadline::in(30s));
  ASSERT_TRUE(wait_for(socket, POLLIN));
  reset(far_end);
  ASSERT_TRUE(wait_for(socket, POLLHUP));
  socket.send(FrameType::kData, kStdin, "nobody hears this");
  socket.flush();
  EXPECT_FALSE(socket.has_output());
  EXPECT_FALSE(socket.broken());
  EXPECT_EQ(received_by(socket).size(), 3U);
  EXPECT_TRUE(socket.broken());
}

TEST(FrameSocket, GivesOfAFrameThatBrokeOffAnErrorAlone) {
  const struct {
    FrameType type;
    std::string sent;
    std::vector<std::string> received;
  } cases[] = {{FrameType::kError, "no such pro", {"no such pro"}},
               {FrameType::kError, "", {}},
               {FrameType::kData, "half", {}},
               {FrameType::kExit, "x", {}}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.sent);
    auto [near_end, far_end] = testing::tcp_pair();
    FrameSocket socket(std::move(near_end));
    std::string bytes;
    append_header(bytes, c.type, kStdin, 1000);
    write_all(far_end.get(), bytes + c.sent, "a socket");
    reset(far_end);
    std::vector<std::string> payloads;
    for (const auto& frame : received_by(socket)) {
      EXPECT_EQ(frame.type, c.type);
      payloads.push_back(frame.payload);
    }
    EXPECT_EQ(payloads, c.received);
    EXPECT_TRUE(socket.broken());
  }
}

}  // namespace
}  // namespace workspace
