#include "follow/watch_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "libworkspace/watch/job_watch.h"
#include "tests/support/temporary_folder.h"

namespace workspace::follow {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// Nothing but the hints makes it look, unless a test says otherwise.
WatchPace hints_alone() { return {milliseconds(20), milliseconds(20), hours(1), {}, hours(1)}; }

/// A watch in a thread; the answers to its looks are the test's.
class Watch {
 public:
  explicit Watch(WatchPace pace)
      : thread_([this, pace] {
          WatchLoop(
              listen_for_tasks(path()), UniqueFd(),
              [this] {
                ++looks_;
                return answer_.load();
              },
              pace)
              .run();
        }) {
    // The first look is its own.
    wait_for_looks(1);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    answer_ = Look::kOver;
    // Whatever it expects, one of the two is news.
    for (const auto hint : {WatchHint::kContinuing, WatchHint::kStopping}) {
      tell_watch(ender_.get(), hint);
      ::poll(nullptr, 0, 50);
    }
    thread_.join();
  }

  [[nodiscard]] std::string path() const { return folder_.file("watch"); }
  void answer(Look look) { answer_ = look; }
  [[nodiscard]] int looks() const { return looks_; }
  void wait_for_looks(int count) const {
    const Deadline deadline = Deadline::in(std::chrono::seconds(20));
    while (looks_ < count && !deadline.passed()) ::poll(nullptr, 0, 5);
    ASSERT_GE(looks_, count);
    if (!ender_.valid()) ender_ = connect_to_watch(path());
  }

 private:
  testing::TemporaryFolder folder_;
  std::atomic<Look> answer_{Look::kRuns};
  std::atomic<int> looks_{0};
  mutable UniqueFd ender_;
  std::thread thread_;
};

TEST(WatchLoop, LooksWhenATaskWasToldToStopAndToContinue) {
  Watch watch(hints_alone());
  const UniqueFd task = connect_to_watch(watch.path());
  watch.answer(Look::kSuspended);
  tell_watch(task.get(), WatchHint::kStopping);
  watch.wait_for_looks(2);
  watch.answer(Look::kRuns);
  tell_watch(task.get(), WatchHint::kContinuing);
  watch.wait_for_looks(3);
}

TEST(WatchLoop, LooksOnceMoreWhereTheControllerKnowsOfNothing) {
  Watch watch(hints_alone());
  const UniqueFd task = connect_to_watch(watch.path());
  tell_watch(task.get(), WatchHint::kStopping);
  watch.wait_for_looks(3);
  ::poll(nullptr, 0, 200);
  EXPECT_EQ(watch.looks(), 3);
}

TEST(WatchLoop, LooksOnceForTheSignalThatManyTasksTellOf) {
  WatchPace pace = hints_alone();
  pace.grace = milliseconds(300);
  Watch watch(pace);
  watch.answer(Look::kSuspended);
  std::vector<UniqueFd> tasks;
  for (int i = 0; i < 50; ++i) {
    tasks.push_back(connect_to_watch(watch.path()));
    tell_watch(tasks.back().get(), WatchHint::kStopping);
  }
  watch.wait_for_looks(2);
  ::poll(nullptr, 0, 200);
  EXPECT_EQ(watch.looks(), 2);
}

TEST(WatchLoop, IsNotMovedByATaskThatSaysWhatIsKnown) {
  Watch watch(hints_alone());
  const UniqueFd task = connect_to_watch(watch.path());
  for (int i = 0; i < 1000; ++i) tell_watch(task.get(), WatchHint::kContinuing);
  ::poll(nullptr, 0, 200);
  EXPECT_EQ(watch.looks(), 1);
}

TEST(WatchLoop, LooksUnaskedWhileNoTaskIsThereToTell) {
  WatchPace pace = hints_alone();
  pace.unasked = milliseconds(20);
  // The test's own connection is of a process that is awake; this watch has none of it.
  const testing::TemporaryFolder folder;
  std::atomic<int> looks{0};
  WatchLoop(
      listen_for_tasks(folder.file("watch")), UniqueFd(),
      [&] { return ++looks == 5 ? Look::kOver : Look::kRuns; }, pace)
      .run();
  EXPECT_EQ(looks, 5);
}

TEST(WatchLoop, TrustsTasksToTellUnlessAllAreStopped) {
  WatchPace pace = hints_alone();
  pace.unasked = milliseconds(20);
  Watch watch(pace);
  const pid_t child = ::fork();
  if (child == 0) {
    const UniqueFd task = connect_to_watch(watch.path());
    for (;;) ::pause();
  }
  ::poll(nullptr, 0, 100);
  const int before = watch.looks();
  ::poll(nullptr, 0, 200);
  // This process has a connection too, and is awake.
  EXPECT_EQ(watch.looks(), before);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(WatchLoop, LooksUnaskedWhileTheOnlyTaskIsStopped) {
  WatchPace pace = hints_alone();
  pace.unasked = milliseconds(50);
  const testing::TemporaryFolder folder;
  UniqueFd listener = listen_for_tasks(folder.file("watch"));
  const pid_t child = ::fork();
  if (child == 0) {
    const UniqueFd task = connect_to_watch(folder.file("watch"));
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  std::atomic<int> looks{0};
  WatchLoop(
      std::move(listener), UniqueFd(), [&] { return ++looks == 5 ? Look::kOver : Look::kRuns; },
      pace)
      .run();
  EXPECT_EQ(looks, 5);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(WatchLoop, LooksAtOnceWhenWhatServesTheDisksHasDied) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  UniqueFd server(static_cast<int>(::syscall(SYS_pidfd_open, child, 0U)));
  ASSERT_TRUE(server.valid());
  const testing::TemporaryFolder folder;
  int looks = 0;
  WatchLoop(
      listen_for_tasks(folder.file("watch")), std::move(server),
      [&] {
        if (++looks == 2) return Look::kOver;
        ::kill(child, SIGKILL);
        return Look::kRuns;
      },
      hints_alone())
      .run();
  EXPECT_EQ(looks, 2);
  ::waitpid(child, nullptr, 0);
}

TEST(WatchLoop, TriesAgainWhatFailed) {
  WatchPace pace = hints_alone();
  pace.after_failure = milliseconds(20);
  const testing::TemporaryFolder folder;
  std::atomic<int> looks{0};
  WatchLoop(
      listen_for_tasks(folder.file("watch")), UniqueFd(),
      [&] { return ++looks == 3 ? Look::kOver : Look::kFailed; }, pace)
      .run();
  EXPECT_EQ(looks, 3);
}

}  // namespace
}  // namespace workspace::follow
