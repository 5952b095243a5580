#include "libworkspace/base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::EndsWith;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StrEq;
using testing::TemporaryFolder;

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

TEST(UniqueFd, ClosesWhatItOwnsOnce) {
  const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    UniqueFd first(number);
    UniqueFd second(std::move(first));
    EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move): moved-from is empty
    EXPECT_EQ(second.get(), number);
  }
  EXPECT_FALSE(is_open(number));
  EXPECT_FALSE(UniqueFd().valid());
}

TEST(UniqueFd, LetsGoOfWhatIsReleased) {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = fd.release();
  fd.reset();
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(WriteFileAtomic, ReplacesTheWholeFileWithTheModeAskedFor) {
  const TemporaryFolder folder;
  const std::string path = folder.write("record", "a longer old content");
  const mode_t old_mask = ::umask(0777);
  write_file_atomic(path, "new", 0640);
  ::umask(old_mask);
  EXPECT_EQ(read_file(path, 100), "new");
  EXPECT_EQ(mode_of(path), 0640U);
}

TEST(WriteFileAtomic, LeavesTheOldFileAndNoOtherWhenItFails) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("record"));
  expect_error([&] { write_file_atomic(folder.file("record"), "new", 0600); }, ErrorKind::kHost,
               StrEq("renaming to " + folder.file("record") + ": Is a directory"));
  const std::filesystem::directory_iterator entries(folder.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(WriteFileAtomic, TellsWhereItCouldNotWrite) {
  expect_error([] { write_file_atomic("/none/record", "x", 0600); }, ErrorKind::kHost,
               HasSubstr("creating /none/record.new-"));
}

TEST(ReadFile, IsBoundedAndFollowsNoLink) {
  const TemporaryFolder folder;
  const std::string path = folder.write("record", "12345");
  EXPECT_EQ(read_file(path, 5), "12345");
  expect_error([&] { read_file(path, 4); }, ErrorKind::kInvalid,
               StrEq("reading " + path + ": it holds more than 4 bytes"));
  expect_error([&] { read_file(folder.file("none"), 4); }, ErrorKind::kNotFound,
               StrEq(folder.file("none") + " does not exist"));
  expect_error([&] { read_file(path + "/x", 4); }, ErrorKind::kNotFound,
               EndsWith("does not exist"));
  std::filesystem::create_symlink(path, folder.file("link"));
  expect_error([&] { read_file(folder.file("link"), 5); }, ErrorKind::kHost,
               HasSubstr("Too many levels of symbolic links"));
}

TEST(WriteAll, TellsWhatItWasWriting) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  expect_error([&] { write_all(full.get(), "x", "writing the record"); }, ErrorKind::kHost,
               StrEq("writing the record: No space left on device; free space there"));
}

}  // namespace
}  // namespace workspace
