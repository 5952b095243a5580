#include "spank_plugin/workspace_exec/outgoing_signals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <utility>

#include "libworkspace/base/error.h"
#include "libworkspace/guest/protocol.h"

namespace workspace::exec {
namespace {

using ::testing::ElementsAre;

/// Both ends of a connection; nobody reads at the far one unless the test does.
std::pair<UniqueFd, UniqueFd> connection() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw_errno("socketpair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// The signals that the guest would be told of, in their order.
std::vector<int> signals_sent(FrameSocket& socket, const UniqueFd& far_end) {
  socket.flush();
  FrameSocket guest(UniqueFd(::dup(far_end.get())));
  guest.receive();
  std::vector<int> numbers;
  while (const auto frame = guest.next()) {
    numbers.push_back(frame->type == FrameType::kSignal ? frame->payload.at(0) : -1);
  }
  return numbers;
}

TEST(OutgoingSignals, AreSentOnce) {
  auto [near_end, far_end] = connection();
  FrameSocket socket(std::move(near_end));
  OutgoingSignals signals;
  signals.add_signal(SIGTERM);
  signals.add_signal(SIGUSR1);
  signals.send_to(socket);
  signals.send_to(socket);
  EXPECT_THAT(signals_sent(socket, far_end), ElementsAre(SIGUSR1, SIGTERM));
}

TEST(OutgoingSignals, WaitForAGuestThatDoesNotReadAndGrowNothing) {
  auto [near_end, far_end] = connection();
  FrameSocket socket(std::move(near_end));
  while (!socket.congested()) socket.send(FrameType::kCredit, kStdout, encode_u32(1));
  const std::size_t before = socket.output_bytes();
  OutgoingSignals signals;
  for (int i = 0; i < 100'000; ++i) {
    signals.add_resize();
    signals.add_signal(SIGUSR1);
    signals.send_to(socket);
  }
  EXPECT_EQ(socket.output_bytes(), before);
}

TEST(OutgoingSignals, AreSentWhenTheGuestReadsAgain) {
  auto [near_end, far_end] = connection();
  FrameSocket socket(std::move(near_end));
  while (!socket.congested()) socket.send(FrameType::kCredit, kStdout, encode_u32(1));
  OutgoingSignals signals;
  signals.add_signal(SIGUSR1);
  signals.send_to(socket);
  socket.shut();
  auto [again_near, again_far] = connection();
  FrameSocket again(std::move(again_near));
  signals.send_to(again);
  EXPECT_THAT(signals_sent(again, again_far), ElementsAre(SIGUSR1));
}

}  // namespace
}  // namespace workspace::exec
