#include "libworkspace/base/file_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::expect_error;
using testing::TemporaryFolder;

TEST(FileLock, IsHeldByOneAtATime) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lock");
  std::optional<FileLock> holder(std::in_place, path, Deadline::in(seconds(5)));
  expect_error([&] { FileLock(path, Deadline::in(milliseconds(50))); }, ErrorKind::kTimeout,
               ::testing::StrEq("another process held the lock " + path + " too long"));
  holder.reset();
  FileLock(path, Deadline::in(seconds(5)));
}

TEST(FileLock, IsHandedOnWithinItsDeadline) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lock");
  std::optional<FileLock> holder(std::in_place, path, Deadline::in(seconds(5)));
  std::thread releaser([&] {
    std::this_thread::sleep_for(milliseconds(50));
    holder.reset();
  });
  FileLock(path, Deadline::in(seconds(20)));
  releaser.join();
}

TEST(FileLock, GoesWithAKilledHolder) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lock");
  const pid_t child = ::fork();
  if (child == 0) {
    const FileLock held(path, Deadline::in(seconds(5)));
    ::raise(SIGKILL);
  }
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  FileLock(path, Deadline::in(milliseconds(100)));
}

TEST(FileLock, KnowsWhetherItsFileIsStillThere) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lock");
  const FileLock lock(path, Deadline::in(seconds(5)));
  EXPECT_TRUE(lock.is_file_at(path));
  std::filesystem::remove(path);
  EXPECT_FALSE(lock.is_file_at(path));
  folder.write("lock", "");
  EXPECT_FALSE(lock.is_file_at(path));
}

TEST(FileLock, FollowsNoLink) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink(folder.file("target"), folder.file("lock"));
  expect_error([&] { FileLock(folder.file("lock"), Deadline::in(seconds(5))); }, ErrorKind::kHost,
               ::testing::HasSubstr("opening the lock " + folder.file("lock") + ": "));
  EXPECT_FALSE(std::filesystem::exists(folder.file("target")));
}

}  // namespace
}  // namespace workspace
