#include "libworkspace/guest/held_pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "libworkspace/base/fd.h"
#include "libworkspace/guest/protocol.h"

namespace workspace {
namespace {

struct Pipe {
  explicit Pipe(int bytes = 1 << 20) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    read_end = UniqueFd(ends[0]);
    write_end = UniqueFd(ends[1]);
    EXPECT_GE(::fcntl(ends[1], F_SETPIPE_SZ, bytes), bytes);
  }

  void fill(const std::string& bytes) const { write_all(write_end.get(), bytes, "a pipe"); }
  [[nodiscard]] std::string read_some() const {
    std::string bytes(std::size_t{2} << 20, '\0');
    const ssize_t got = ::read(read_end.get(), bytes.data(), bytes.size());
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  UniqueFd read_end;
  UniqueFd write_end;
};

TEST(HeldPipe, GivesWhatItTookAndWhatWasPutBehindItInThatOrder) {
  const Pipe from;
  const Pipe to;
  HeldPipe held;
  from.fill(std::string(100'000, 'a'));
  EXPECT_EQ(held.take(from.read_end.get(), 60'000), 60'000);
  EXPECT_EQ(held.put("small"), 5U);
  EXPECT_EQ(held.take(from.read_end.get(), 1 << 20), 40'000);
  EXPECT_EQ(held.bytes(), 100'005U);
  while (held.bytes() > 0) ASSERT_GT(held.give(to.write_end.get()), 0);
  EXPECT_TRUE(to.read_some() == std::string(60'000, 'a') + "small" + std::string(40'000, 'a'));
}

TEST(HeldPipe, SaysWhyItTakesNothing) {
  Pipe from;
  HeldPipe held;
  EXPECT_EQ(held.take(from.read_end.get(), 1), -1);
  EXPECT_EQ(errno, EAGAIN) << "nothing there";
  from.write_end.reset();
  EXPECT_EQ(held.take(from.read_end.get(), 1), 0) << "the end";
  const UniqueFd folder(::open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(held.take(folder.get(), 1), -1);
  EXPECT_EQ(errno, EINVAL) << "cannot be moved from";
}

TEST(HeldPipe, TakesNoMoreThanAWindow) {
  const Pipe from;
  HeldPipe held;
  std::size_t taken = 0;
  for (int turn = 0; turn < 100; ++turn) {
    from.fill(std::string(kMaxPayloadBytes, 'a'));
    const ssize_t now = held.take(from.read_end.get(), kMaxPayloadBytes);
    if (now < 0) break;
    taken += static_cast<std::size_t>(now);
  }
  EXPECT_EQ(errno, EAGAIN) << "no room";
  EXPECT_EQ(taken, kStreamWindowBytes);
  EXPECT_EQ(held.put("a"), 0U);
  EXPECT_EQ(held.bytes(), kStreamWindowBytes);
}

TEST(HeldPipe, PutsAsMuchAsThereIsRoomFor) {
  const Pipe from;
  HeldPipe held;
  const std::size_t room = 2 * kMaxPayloadBytes;
  while (held.bytes() + room < kStreamWindowBytes) {
    from.fill(std::string(kMaxPayloadBytes, 'a'));
    ASSERT_GT(held.take(from.read_end.get(), kMaxPayloadBytes), 0);
  }
  EXPECT_EQ(held.put(std::string(room + 5000, 'b')), room);
  EXPECT_EQ(held.bytes(), kStreamWindowBytes);
}

TEST(HeldPipe, GivesNoMoreThanThereIsRoomFor) {
  const Pipe from;
  const Pipe to(4096);
  HeldPipe held;
  from.fill(std::string(20'000, 'a'));
  ASSERT_EQ(held.take(from.read_end.get(), 20'000), 20'000);
  EXPECT_EQ(held.give(to.write_end.get()), 4096);
  EXPECT_EQ(held.give(to.write_end.get()), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(held.bytes(), 20'000U - 4096U);
  EXPECT_EQ(to.read_some().size(), 4096U);
}

TEST(HeldPipe, KeepsWhatCannotBeGiven) {
  ::signal(SIGPIPE, SIG_IGN);
  const Pipe from;
  Pipe to;
  HeldPipe held;
  from.fill("bytes");
  ASSERT_EQ(held.take(from.read_end.get(), 5), 5);
  to.read_end.reset();
  EXPECT_EQ(held.give(to.write_end.get()), -1);
  EXPECT_EQ(errno, EPIPE);
  const UniqueFd appended(::memfd_create("appended", MFD_CLOEXEC));
  ASSERT_EQ(::fcntl(appended.get(), F_SETFL, O_APPEND), 0);
  EXPECT_EQ(held.give(appended.get()), -1);
  EXPECT_EQ(errno, EINVAL);
  ASSERT_EQ(held.put(" more"), 5U);
  EXPECT_EQ(held.copy_out(), "bytes more");
  EXPECT_EQ(held.bytes(), 0U);
}

}  // namespace
}  // namespace workspace
