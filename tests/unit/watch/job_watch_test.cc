#include "libworkspace/watch/job_watch.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libworkspace/base/unix_socket.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

TEST(JobWatch, HasItsSocketInTheJobsFolder) {
  EXPECT_EQ(watch_socket("/run/workspace", JobId(42)), "/run/workspace/42/watch");
}

TEST(JobWatch, IsToldBySignificantBytes) {
  const testing::TemporaryFolder folder;
  const UniqueFd listener = listen_for_tasks(folder.file("watch"));
  const UniqueFd task = connect_to_watch(folder.file("watch"));
  const UniqueFd accepted(::accept(listener.get(), nullptr, nullptr));
  tell_watch(task.get(), WatchHint::kStopping);
  tell_watch(task.get(), WatchHint::kContinuing);
  tell_watch(-1, WatchHint::kStopping);
  char bytes[8];
  ASSERT_EQ(::recv(accepted.get(), bytes, sizeof bytes, 0), 2);
  EXPECT_EQ(std::string(bytes, 2), "SC");
  EXPECT_EQ(peer_process(accepted.get()), ::getpid());
}

TEST(JobWatch, ThatIsNotThereIsTold) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("watch");
  const auto not_there = StrEq("no watch listens at " + path);
  expect_error([&] { connect_to_watch(path); }, ErrorKind::kNotFound, not_there);
  { const UniqueFd listener = listen_for_tasks(path); }
  // Its socket has outlived it.
  expect_error([&] { connect_to_watch(path); }, ErrorKind::kNotFound, not_there);
  EXPECT_FALSE(watch_answers(path));
  end_watch(path, soon());
  const UniqueFd next = listen_for_tasks(path);
  EXPECT_TRUE(watch_answers(path));
}

TEST(JobWatch, EndsEvenIfItDoesNothingMore) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("watch");
  const pid_t watch = ::fork();
  if (watch == 0) {
    const UniqueFd listener = listen_for_tasks(path);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(watch, &status, WUNTRACED), watch);
  EXPECT_TRUE(watch_answers(path));
  end_watch(path, soon());
  ASSERT_EQ(::waitpid(watch, &status, 0), watch);
  EXPECT_TRUE(WIFSIGNALED(status));
  end_watch(path, soon());
}

TEST(JobWatch, RefusesAPathThatNoSocketCanHave) {
  const std::string path = "/" + std::string(120, 'a');
  expect_error([&] { connect_to_watch(path); }, ErrorKind::kHost,
               StrEq("the path is too long for a socket: " + path));
}

}  // namespace
}  // namespace workspace
