#include "libworkspace/lifecycle/export_root.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>

#include "libworkspace/base/process.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TemporaryFolder;

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

/// Real folders and root's rights; the user is nobody.
class ExportRootTest : public ::testing::Test {
 protected:
  ExportRootTest() {
    user_.name = "nobody";
    user_.uid = user_.gid = 65534;
    user_.groups = {{"nogroup", 65534}};
    ::chmod(folder_.path().c_str(), 0755);
    make_folder("data", 0755, 65534);
    std::ofstream(path("data/file")) << "content\n";
    std::ofstream(path("secret")) << "of root\n";
    ::chmod(path("secret").c_str(), 0600);
    make_folder("closed", 0700, 0);
    make_folder("closed/open", 0755, 0);
  }

  void make_folder(const std::string& name, mode_t mode, uid_t owner) const {
    ASSERT_EQ(::mkdir(path(name).c_str(), mode), 0);
    ASSERT_EQ(::chmod(path(name).c_str(), mode), 0);
    ASSERT_EQ(::chown(path(name).c_str(), owner, owner), 0);
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }

  [[nodiscard]] std::optional<ExportRoot> make(const std::string& name, bool read_only = false,
                                               const std::string& program = "/usr/bin/find") const {
    return make_export_root(user_, {path(name), "/inside", read_only},
                            files_of_program(program, soon()));
  }

  /// What the program says, as the user and in the root.
  [[nodiscard]] std::string run(const ExportRoot& root, std::vector<std::string> argv) const {
    Command command;
    command.argv = std::move(argv);
    command.credentials = user_.credentials();
    command.mount_namespace_fd = root.mount_namespace.get();
    command.fence_fd = root.fence.get();
    const auto result = run_command(command, soon());
    return result.output + result.error_output;
  }

  TemporaryFolder folder_;
  UserAccount user_;
};

TEST_F(ExportRootTest, HoldsTheFolderAndNothingElseOfTheNode) {
  const auto root = make("data");
  ASSERT_TRUE(root);
  const std::string all = run(*root, {"/usr/bin/find", "/", "-not", "-name", "*.so*"});
  EXPECT_EQ(all.substr(0, 2), "/\n");
  EXPECT_THAT(all, HasSubstr("/export/file\n"));
  for (const char* other : {"/home", "/root", "/proc", "/tmp", "/run", "shadow", "secret"})
    EXPECT_THAT(all, Not(HasSubstr(other)));
}

TEST_F(ExportRootTest, IsReadOnlyWhereAskedAndOutsideTheFolder) {
  const auto writable = make("data", false, "/usr/bin/touch");
  ASSERT_TRUE(writable);
  EXPECT_EQ(run(*writable, {"/usr/bin/touch", "/export/new"}), "");
  EXPECT_EQ(::access(path("data/new").c_str(), F_OK), 0);
  EXPECT_THAT(run(*writable, {"/usr/bin/touch", "/new"}), HasSubstr("Read-only file system"));
  const auto read_only = make("data", true, "/usr/bin/touch");
  ASSERT_TRUE(read_only);
  EXPECT_THAT(run(*read_only, {"/usr/bin/touch", "/export/newer"}),
              HasSubstr("Read-only file system"));
}

TEST_F(ExportRootTest, GivesNoDevices) {
  ASSERT_EQ(::mknod(path("data/null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  ASSERT_EQ(::chmod(path("data/null").c_str(), 0666), 0);
  const auto root = make("data", false, "/usr/bin/cat");
  ASSERT_TRUE(root);
  EXPECT_THAT(run(*root, {"/usr/bin/cat", "/export/null"}), HasSubstr("Permission denied"));
}

TEST_F(ExportRootTest, IsNotMadeForWhatTheUserCannotReach) {
  EXPECT_FALSE(make("none"));
  EXPECT_FALSE(make("closed/open")) << "the folder above is closed to the user";
  EXPECT_FALSE(make("data/file/below"));
  EXPECT_FALSE(make("closed/file"));
  // Their own, so that it is not the link that is refused.
  ASSERT_EQ(::symlink(path("closed/open").c_str(), path("data/link").c_str()), 0);
  EXPECT_FALSE(make("data/link"));
}

TEST_F(ExportRootTest, RefusesWhatIsNoData) {
  ASSERT_EQ(::symlink("/proc", path("link").c_str()), 0);
  expect_error([&] { (void)make("link"); }, ErrorKind::kDenied,
               "'/proc' of the node may not be mounted: it is the system's own");
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0666), 0);
  expect_error([&] { (void)make("fifo"); }, ErrorKind::kInvalid,
               "'" + path("fifo") + "' is not a folder or file");
}

TEST_F(ExportRootTest, ShowsASingleFileInItsReadOnlyFolder) {
  const auto root = make("data/file", false, "/usr/bin/touch");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->file, "file");
  EXPECT_TRUE(root->fence.valid());
  EXPECT_THAT(run(*root, {"/usr/bin/touch", "/export/new"}), HasSubstr("Read-only file system"));
  const auto read_only = make("data/file", true, "/usr/bin/cat");
  ASSERT_TRUE(read_only);
  EXPECT_EQ(run(*read_only, {"/usr/bin/cat", "/export/file"}), "content\n");
}

TEST_F(ExportRootTest, FencesTheSingleFileOffFromTheOthersInItsFolder) {
  std::ofstream(path("data/beside")) << "beside\n";
  ASSERT_EQ(::chmod(path("data/beside").c_str(), 0666), 0);
  ASSERT_EQ(::symlink("beside", path("data/link-beside").c_str()), 0);
  const auto reader = make("data/file", false, "/usr/bin/cat");
  const auto lister = make("data/file", false, "/usr/bin/find");
  const auto truncater = make("data/file", false, "/usr/bin/truncate");
  const auto remover = make("data/file", false, "/usr/bin/rm");
  ASSERT_TRUE(reader && lister && truncater && remover);
  for (const char* name : {"beside", "link-beside"}) {
    const std::string other = std::string("/export/") + name;
    EXPECT_THAT(run(*reader, {"/usr/bin/cat", other}), HasSubstr("Permission denied"));
    // By the read-only mount where the kernel's Landlock is too old to forbid it.
    EXPECT_THAT(run(*truncater, {"/usr/bin/truncate", "-s0", other}),
                ::testing::AnyOf(HasSubstr("Permission denied"), HasSubstr("Read-only")));
    EXPECT_THAT(run(*remover, {"/usr/bin/rm", "-f", other}),
                ::testing::AnyOf(HasSubstr("Permission denied"), HasSubstr("Read-only")));
  }
  EXPECT_THAT(run(*lister, {"/usr/bin/find", "/export"}), HasSubstr("Permission denied"));
}

TEST_F(ExportRootTest, WritesAndTruncatesASingleFile) {
  ASSERT_EQ(::chown(path("data/file").c_str(), 65534, 65534), 0);
  const auto root = make("data/file", false, "/usr/bin/truncate");
  ASSERT_TRUE(root);
  EXPECT_EQ(run(*root, {"/usr/bin/truncate", "-s3", "/export/file"}), "");
  const auto read_only = make("data/file", true, "/usr/bin/truncate");
  ASSERT_TRUE(read_only);
  EXPECT_NE(run(*read_only, {"/usr/bin/truncate", "-s0", "/export/file"}), "");
  struct stat status {};
  ASSERT_EQ(::stat(path("data/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 3);
}

TEST_F(ExportRootTest, LeavesTheCallersRightsAndMountsAlone) {
  ASSERT_TRUE(make("data"));
  EXPECT_EQ(::geteuid(), 0U);
  EXPECT_EQ(::access("/export", F_OK), -1);
  EXPECT_EQ(::access(path("secret").c_str(), R_OK), 0);
}

TEST(FilesOfProgram, AreItselfItsLoaderAndItsLibraries) {
  const auto files = files_of_program("/usr/bin/find", soon());
  EXPECT_EQ(files.front(), "/usr/bin/find");
  const auto has = [&](const std::string& part) {
    return std::any_of(files.begin(), files.end(),
                       [&](const auto& file) { return file.find(part) != std::string::npos; });
  };
  EXPECT_TRUE(has("/libc.so.6"));
  EXPECT_TRUE(has("/ld-linux"));
  expect_error([] { files_of_program("/no/such", soon()); }, ErrorKind::kHost,
               HasSubstr("/no/such"));
}

}  // namespace
}  // namespace workspace
