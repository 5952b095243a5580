#include "spank_plugin/workspace_exec/suspension.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <utility>

#include "libworkspace/base/error.h"

namespace workspace::exec {
namespace {

/// Both ends of a TCP connection: what the kernel is told of it is TCP's.
std::pair<UniqueFd, UniqueFd> connection() {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct sockaddr_in address {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<struct sockaddr*>(&address);
  UniqueFd near_end(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), generic, &size) != 0 ||
      ::connect(near_end.get(), generic, size) != 0)
    throw_errno("connecting");
  return {std::move(near_end), UniqueFd(::accept(listener.get(), nullptr, nullptr))};
}

bool is_watched(const FrameSocket& socket) {
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_KEEPALIVE, &value, &size);
  return value != 0;
}

struct Relay {
  explicit Relay(UniqueFd near_end) : socket(std::move(near_end)) {}

  void take(int number) {
    const char payload = static_cast<char>(number);
    socket.send(FrameType::kSignal, 0, {&payload, 1});
    suspension.take_signal(number, socket);
    socket.flush();
    suspension.advance(socket);
  }

  FrameSocket socket;
  Suspension suspension{UniqueFd()};
};

TEST(Suspension, HoldsWhatComesBehindTheSignalItself) {
  auto [near_end, far_end] = connection();
  Relay relay(std::move(near_end));
  EXPECT_EQ(relay.suspension.poll_ms(), -1);
  relay.take(SIGTSTP);
  EXPECT_FALSE(relay.socket.has_output());  // it is sent
  EXPECT_TRUE(relay.socket.congested());
  EXPECT_FALSE(is_watched(relay.socket));
  EXPECT_GT(relay.suspension.poll_ms(), 0);
  relay.socket.send(FrameType::kCredit, kStdout, encode_u32(1));
  relay.socket.flush();
  EXPECT_TRUE(relay.socket.has_output());
  EXPECT_FALSE(relay.socket.wants_to_send());

  relay.take(SIGCONT);
  EXPECT_FALSE(relay.socket.congested());
  EXPECT_FALSE(relay.socket.has_output());
}

TEST(Suspension, WatchesTheGuestAgainOnceItHasAcknowledged) {
  auto [near_end, far_end] = connection();
  Relay relay(std::move(near_end));
  relay.take(SIGTSTP);
  relay.take(SIGCONT);
  const Deadline deadline = Deadline::in(std::chrono::seconds(20));
  while (!is_watched(relay.socket) && !deadline.passed()) {
    EXPECT_GT(relay.suspension.poll_ms(), 0);
    ::poll(nullptr, 0, 5);
    relay.suspension.advance(relay.socket);
  }
  EXPECT_TRUE(is_watched(relay.socket));
  EXPECT_EQ(relay.suspension.poll_ms(), -1);
}

TEST(Suspension, AnySignalEndsTheHold) {
  auto [near_end, far_end] = connection();
  Relay relay(std::move(near_end));
  relay.take(SIGTSTP);
  relay.take(SIGTERM);
  EXPECT_FALSE(relay.socket.congested());
  EXPECT_FALSE(relay.socket.has_output());
}

}  // namespace
}  // namespace workspace::exec
