#include "libworkspace/store/cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/store/cache_files.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TemporaryFolder;

ino_t inode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

void overwrite(const std::string& path, const std::string& content) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(file << content << std::flush) << path;
}

/// Runs `tamper` and gives the file the times back that it had before.
void restoring_times(const std::string& path, const std::function<void()>& tamper) {
  struct stat before {};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  tamper();
  const struct timespec times[] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

class NodeCacheTest : public ::testing::Test {
 protected:
  NodeCacheTest() { use("content of an image"); }

  void use(const std::string& content) {
    content_ = content;
    source_ = folder_.write("source", content);
  }

  [[nodiscard]] Digest digest() const { return Digest(sha256_of(content_)); }

  std::string ensure(Deadline deadline = Deadline::in(std::chrono::seconds(20))) const {
    return cache_.ensure(digest(), content_.size(), source_, deadline);
  }

  [[nodiscard]] std::string target() const {
    return folder_.file("cache/files/" + digest().file_name());
  }

  /// Where an unfinished copy is.
  [[nodiscard]] std::string left() const {
    return folder_.file("cache/files/.partial-" + digest().file_name());
  }

  void leave(const std::string& content) const {
    folder_.write("cache/files/.partial-" + digest().file_name(), content);
    ASSERT_EQ(::chmod(left().c_str(), 0600), 0);
  }

  /// What was copied before is not read again: the source could not give it any more.
  void expect_gone_on_with() {
    overwrite(source_, "no longer the beginning");
    EXPECT_EQ(read_file(ensure(), content_.size()), content_);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.file("cache/files")), {}), 1);
  }

  /// Runs `body` in a process of its own and returns its wait status.
  static int in_child(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      body();
      ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  }

  TemporaryFolder folder_;
  NodeCache cache_{folder_.file("cache")};
  std::string content_;
  std::string source_;
};

TEST_F(NodeCacheTest, CopiesOnceAndThenNeedsNoSource) {
  const std::string path = ensure();
  EXPECT_EQ(path, target());
  EXPECT_EQ(read_file(path, 100), content_);
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0444);
  fs::remove(source_);
  EXPECT_EQ(ensure(), path);
}

/// A hundred warm starts must not queue behind one cold one.
TEST_F(NodeCacheTest, AWarmCallTakesNoLock) {
  ensure();
  const FileLock held(folder_.file("cache/locks/" + digest().file_name()),
                      Deadline::in(std::chrono::seconds(1)));
  EXPECT_EQ(ensure(Deadline::in(std::chrono::milliseconds(0))), target());
}

TEST_F(NodeCacheTest, AColdCallWaitsForTheLockUntilItsDeadline) {
  fs::create_directories(folder_.file("cache/locks"));
  const std::string lock = folder_.file("cache/locks/" + digest().file_name());
  const FileLock held(lock, Deadline::in(std::chrono::seconds(1)));
  expect_error([&] { ensure(Deadline::in(std::chrono::milliseconds(20))); }, ErrorKind::kTimeout,
               HasSubstr("held the lock " + lock + " too long"));
}

TEST_F(NodeCacheTest, RefusesASourceThatIsNotWhatWasRegistered) {
  const std::string again = "; the image must be registered again";
  struct Case {
    const char* name;
    std::string content;
    std::string reason;
  };
  for (const auto& [name, content, reason] : {
           Case{"truncated", content_.substr(0, 5),
                " was truncated after its registration: it has 5 of 19 bytes"},
           Case{"emptied", "", " was truncated after its registration: it has 0 of 19 bytes"},
           Case{"changed", "Content of an image", " was changed after its registration"},
           Case{"longer", content_ + "!", " was changed after its registration"},
       }) {
    SCOPED_TRACE(name);
    folder_.write("source", content);
    expect_error([&] { ensure(); }, ErrorKind::kInvalid, "image file " + source_ + reason + again);
    EXPECT_TRUE(fs::is_empty(folder_.file("cache/files")));
  }
  fs::remove(source_);
  expect_error([&] { ensure(); }, ErrorKind::kNotFound,
               "image file " + source_ + " is missing" + again);
}

TEST_F(NodeCacheTest, RefusesASourceOthersCouldHaveWritten) {
  ::chmod(source_.c_str(), 0666);
  expect_error([&] { ensure(); }, ErrorKind::kDenied,
               StartsWith(source_ + " is not trusted: others than its owner can write it"));
}

TEST_F(NodeCacheTest, RefusesACacheOthersCanWrite) {
  ensure();
  ::chmod(folder_.file("cache/files").c_str(), 0777);
  expect_error([&] { ensure(); }, ErrorKind::kDenied,
               StartsWith(folder_.file("cache/files") + " is not trusted"));
  ::chmod(folder_.file("cache/files").c_str(), 0755);
  ::chmod(target().c_str(), 0666);
  expect_error([&] { ensure(); }, ErrorKind::kDenied, StartsWith(target() + " is not trusted"));
}

TEST_F(NodeCacheTest, ADamagedCopyIsMadeAnew) {
  ensure();
  ::chmod(target().c_str(), 0644);
  ASSERT_EQ(::truncate(target().c_str(), 4), 0);
  EXPECT_EQ(read_file(ensure(), 100), content_);
}

/// Whoever writes into a file or puts another in its place can restore all that stat(2) tells of it
/// but the time of its change.
TEST_F(NodeCacheTest, ATamperedCopyIsMadeAnew) {
  const std::string other = "CONTENT OF AN IMAGE";
  const struct {
    const char* name;
    std::function<void()> tamper;
  } cases[] = {
      {"written to", [&] { overwrite(target(), other); }},
      {"written to, its times restored",
       [&] { restoring_times(target(), [&] { overwrite(target(), other); }); }},
      {"exchanged, its times restored",
       [&] {
         restoring_times(target(), [&] { fs::rename(folder_.write("other", other), target()); });
       }},
      {"its seal removed",
       [&] {
         overwrite(target(), other);
         fs::remove(folder_.file("cache/seals/" + digest().file_name()));
       }},
      {"its seal garbled",
       [&] {
         overwrite(target(), other);
         overwrite(folder_.file("cache/seals/" + digest().file_name()), "inode=1\n");
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ensure();
    c.tamper();
    ASSERT_EQ(read_file(target(), 100), other);
    EXPECT_EQ(read_file(ensure(), 100), content_);
  }
}

TEST_F(NodeCacheTest, RefusesASealOthersCanWrite) {
  ensure();
  ::chmod(folder_.file("cache/seals").c_str(), 0777);
  expect_error([&] { ensure(); }, ErrorKind::kDenied,
               StartsWith(folder_.file("cache/seals") + " is not trusted"));
}

TEST_F(NodeCacheTest, AFileThatWasWantedAfterAllKeepsItsSeal) {
  const ino_t inode = inode_of(ensure());
  EXPECT_FALSE(evict_file(folder_.file("cache"), digest(), [] { return true; }));
  EXPECT_EQ(inode_of(ensure()), inode);
}

TEST_F(NodeCacheTest, ACopyThatTakesTooLongEndsAtItsDeadlineAndIsGoneOnWith) {
  use(std::string(4 << 20, 'x'));
  expect_error([&] { ensure(Deadline::in(std::chrono::milliseconds(0))); }, ErrorKind::kTimeout,
               HasSubstr("into the node's cache did not end in time (0 of 4 MiB were done)"));
  EXPECT_FALSE(fs::exists(target()));
  expect_gone_on_with();
}

TEST_F(NodeCacheTest, AFullDiskIsTheHostsFaultAndLeavesNothing) {
  use(std::string(4 << 20, 'x'));
  const int status = in_child([&] {
    // A limit on the file's size fails a write as a full disk does.
    const struct rlimit limit { 1 << 20, 1 << 20 };
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);
    try {
      ensure();
    } catch (const Error& e) {
      const bool told = e.kind() == ErrorKind::kHost && e.text().starts_with("writing ");
      ::_exit(told ? 42 : 1);
    }
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_TRUE(fs::is_empty(folder_.file("cache/files")));
}

TEST_F(NodeCacheTest, ACopyKilledHalfWayLeavesNothingThatLooksWhole) {
  use(std::string(4 << 20, 'x'));
  const int status = in_child([&] {
    // The kernel kills the writer at the first byte above this size.
    const struct rlimit size_limit { 1 << 20, 1 << 20 };
    const struct rlimit no_core {};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::setrlimit(RLIMIT_FSIZE, &size_limit);
    ensure();
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(fs::exists(target()));
  EXPECT_EQ(fs::file_size(left()), 1U << 20U);
  expect_gone_on_with();
}

TEST_F(NodeCacheTest, WhatIsLeftAndIsNotTheFilesBeginningIsNotGoneOnWith) {
  use(std::string(1 << 20, 'x'));
  fs::create_directories(folder_.file("cache/files"));
  const struct {
    const char* name;
    std::function<void()> leave;
  } cases[] = {
      {"another file's", [&] { leave("other"); }},
      {"longer than the file", [&] { leave(content_ + "x"); }},
      {"a link to the source", [&] { fs::create_symlink(source_, left()); }},
      {"a second name of a file", [&] { fs::create_hard_link(source_, left()); }},
      {"one that others can write",
       [&] {
         leave(std::string(100, 'y'));
         ::chmod(left().c_str(), 0622);
       }},
      {"a pipe", [&] { ASSERT_EQ(::mkfifo(left().c_str(), 0600), 0); }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    c.leave();
    EXPECT_EQ(read_file(ensure(), content_.size()), content_);
    EXPECT_FALSE(fs::exists(left()));
    EXPECT_NE(inode_of(target()), inode_of(source_));
    fs::remove(target());
  }
}

/// A second copy would have put a second inode in place of the first.
TEST_F(NodeCacheTest, SixteenThreadsCopyOnce) {
  use(std::string(2 << 20, 'x'));
  std::vector<ino_t> inodes(16);
  std::vector<std::thread> threads;
  for (auto& inode : inodes) threads.emplace_back([&] { inode = inode_of(ensure()); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set(inodes.begin(), inodes.end()), std::set{inode_of(target())});
}

TEST_F(NodeCacheTest, SixteenProcessesCopyOnce) {
  use(std::string(2 << 20, 'x'));
  std::vector<pid_t> children;
  for (int i = 0; i < 16; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string path = ensure();
      const ino_t inode = inode_of(path);
      folder_.write("inode-" + std::to_string(::getpid()), std::to_string(inode));
      ::_exit(0);
    }
    children.push_back(child);
  }
  std::set<std::string> inodes;
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    inodes.insert(read_file(folder_.file("inode-" + std::to_string(child)), 100));
  }
  EXPECT_EQ(inodes, std::set{std::to_string(inode_of(target()))});
}

}  // namespace
}  // namespace workspace
