#include "guest/task_tmpdir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_folder.h"

namespace workspace::agent {
namespace {

using Variables = std::vector<std::string>;

TEST(TaskTmpdir, IsMadeForTheUserAlone) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("new");
  Variables environment{"A=1", "TMPDIR=" + path};
  EXPECT_EQ(make_tmpdir(environment), "");
  EXPECT_EQ(environment, (Variables{"A=1", "TMPDIR=" + path}));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  // It may be there.
  EXPECT_EQ(make_tmpdir(environment), "");
}

TEST(TaskTmpdir, IsTmpByDefault) {
  Variables environment{"A=1", "TMPDIRS=/x"};
  EXPECT_EQ(make_tmpdir(environment), "");
  EXPECT_EQ(environment, (Variables{"A=1", "TMPDIRS=/x", "TMPDIR=/tmp"}));
}

TEST(TaskTmpdir, IsTmpWhereItCannotBeMade) {
  const testing::TemporaryFolder folder;
  const std::string file = folder.write("file", "");
  const struct {
    std::string path;
    std::string why;
  } cases[] = {{folder.file("no/such"), "No such file or directory"},
               {file, "Not a directory"},
               {file + "/x", "Not a directory"},
               {"", "No such file or directory"}};
  for (const auto& c : cases) {
    Variables environment{"TMPDIR=" + c.path, "A=1"};
    EXPECT_EQ(make_tmpdir(environment),
              "cannot make TMPDIR '" + c.path + "': " + c.why + "; it is /tmp now");
    EXPECT_EQ(environment, (Variables{"TMPDIR=/tmp", "A=1"}));
  }
}

}  // namespace
}  // namespace workspace::agent
