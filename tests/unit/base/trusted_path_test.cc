#include "libworkspace/base/trusted_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;
using testing::TemporaryFolder;

constexpr uid_t kStranger = 12345;

/// A tree FOLDER/a/b/file under /tmp, which is sticky and writable by all, as the rules allow.
class TrustedPath : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.file(name); }

  void give_away(const std::string& name) const {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
    ASSERT_EQ(::lchown(path(name).c_str(), kStranger, 0), 0);
  }

  void expect_refused(const std::string& name, const std::string& reason) const {
    expect_error([&] { open_trusted_file(path("a/b/file")); }, ErrorKind::kDenied,
                 StrEq(path(name) + " is not trusted: " + reason));
  }

  TemporaryFolder folder_;
  std::string file_ = folder_.write("a/b/file", "content");
};

TEST_F(TrustedPath, OpensWhatRootAloneCanHavePutThere) {
  EXPECT_EQ(read_all(open_trusted_file(file_).get(), 100, "reading"), "content");
  EXPECT_TRUE(open_trusted_folder(path("a/b")).valid());
  EXPECT_TRUE(open_trusted_file(path("a//./b/file")).valid());
}

TEST_F(TrustedPath, RefusesALinkAnywhereInIt) {
  std::filesystem::create_symlink(file_, path("link"));
  expect_error([&] { open_trusted_file(path("link")); }, ErrorKind::kDenied,
               StrEq(path("link") + " is not trusted: it is a link"));
  std::filesystem::create_directory_symlink(path("a"), path("folder-link"));
  expect_error([&] { open_trusted_file(path("folder-link/b/file")); }, ErrorKind::kDenied,
               StrEq(path("folder-link") + " is not trusted: it is a link"));
}

TEST_F(TrustedPath, RefusesAForeignOwnerAnywhereInIt) {
  give_away("a");
  if (IsSkipped()) return;
  expect_refused("a", "it belongs to uid 12345, not to root");
}

TEST_F(TrustedPath, RefusesAForeignFile) {
  give_away("a/b/file");
  if (IsSkipped()) return;
  expect_refused("a/b/file", "it belongs to uid 12345, not to root");
}

TEST_F(TrustedPath, RefusesWhatOthersCanWriteAnywhereInIt) {
  for (const char* name : {"a", "a/b", "a/b/file"}) {
    SCOPED_TRACE(name);
    const std::string part = path(name);
    ASSERT_EQ(::chmod(part.c_str(), 0775), 0);
    expect_refused(name, "others than its owner can write it; chmod go-w " + part);
    ASSERT_EQ(::chmod(part.c_str(), 0757), 0);
    expect_refused(name, "others than its owner can write it; chmod go-w " + part);
    ASSERT_EQ(::chmod(part.c_str(), 0755), 0);
  }
}

TEST_F(TrustedPath, AStickyFolderMayBeShared) {
  ASSERT_EQ(::chmod(path("a").c_str(), 01777), 0);
  EXPECT_TRUE(open_trusted_file(file_).valid());
  // A file has no such excuse.
  ASSERT_EQ(::chmod(file_.c_str(), 01777), 0);
  expect_refused("a/b/file", "others than its owner can write it; chmod go-w " + file_);
}

TEST_F(TrustedPath, RefusesWhatIsNoFile) {
  expect_error([&] { open_trusted_file(path("a/b")); }, ErrorKind::kDenied,
               StrEq(path("a/b") + " is not trusted: it is not a regular file"));
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  expect_error([&] { open_trusted_file(path("fifo")); }, ErrorKind::kDenied,
               StrEq(path("fifo") + " is not trusted: it is not a regular file"));
  expect_error([&] { open_trusted_file(file_ + "/x"); }, ErrorKind::kDenied,
               StrEq(file_ + " is not trusted: it is not a folder"));
  expect_error([] { open_trusted_file("/"); }, ErrorKind::kDenied,
               StrEq("/ is not trusted: it is not a file"));
}

TEST_F(TrustedPath, RefusesWhatIsNoPath) {
  expect_error([] { open_trusted_file("a/b"); }, ErrorKind::kDenied,
               StrEq("a/b is not trusted: the path is not absolute"));
  expect_error([] { open_trusted_file(""); }, ErrorKind::kDenied,
               StrEq(" is not trusted: the path is not absolute"));
  expect_error([] { open_trusted_file("/tmp/../etc/passwd"); }, ErrorKind::kDenied,
               StrEq("/tmp/../etc/passwd is not trusted: the path has a '..'"));
}

TEST_F(TrustedPath, TellsWhichPartIsMissing) {
  expect_error([&] { open_trusted_file(path("a/none/file")); }, ErrorKind::kNotFound,
               StrEq(path("a/none") + " does not exist"));
}

TEST_F(TrustedPath, MakesFoldersWithTheirMode) {
  make_trusted_folder(path("a/new/inner"), 0700);
  struct stat info {};
  ASSERT_EQ(::stat(path("a/new/inner").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700U);
  ASSERT_EQ(::stat(path("a/new").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755U);
  make_trusted_folder(path("a/new/inner"), 0700);  // there already
}

TEST_F(TrustedPath, MakesNoFolderBehindALink) {
  std::filesystem::create_directory_symlink(path("a"), path("link"));
  expect_error([&] { make_trusted_folder(path("link/inner"), 0700); }, ErrorKind::kDenied,
               StrEq(path("link") + " is not trusted: it is a link"));
  EXPECT_FALSE(std::filesystem::exists(path("a/inner")));
}

}  // namespace
}  // namespace workspace
