#include "guest/program_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace workspace::agent {
namespace {

class ProgramPathTest : public ::testing::Test {
 protected:
  ProgramPathTest() {
    ::chmod(folder_.write("one/tool", "#!/bin/sh\n").c_str(), 0755);
    ::chmod(folder_.write("two/tool", "#!/bin/sh\n").c_str(), 0755);
    folder_.write("one/notes", "text");
    ::chmod(folder_.write("two/notes", "#!/bin/sh\n").c_str(), 0755);
    folder_.write("one/letter", "text");
  }

  [[nodiscard]] std::vector<std::string> environment() const {
    return {"OTHER=1",
            "PATH=" + folder_.file("none") + ":" + folder_.file("one") + ":" + folder_.file("two")};
  }

  testing::TemporaryFolder folder_;
};

TEST_F(ProgramPathTest, LooksThroughThePathOfTheTask) {
  EXPECT_EQ(find_program("tool", environment()).path, folder_.file("one/tool"));
  // A file that may not be executed does not hide one that may.
  EXPECT_EQ(find_program("notes", environment()).path, folder_.file("two/notes"));
  EXPECT_EQ(find_program("letter", environment()).error, EACCES);
  EXPECT_EQ(find_program("nothing", environment()).error, ENOENT);
  EXPECT_EQ(find_program("sh", {}).error, 0);
}

TEST_F(ProgramPathTest, TakesANameWithASlashAsAPath) {
  EXPECT_EQ(find_program(folder_.file("two/tool"), {}).path, folder_.file("two/tool"));
  EXPECT_EQ(find_program(folder_.file("one/letter"), {}).error, EACCES);
  EXPECT_EQ(find_program(folder_.file("one"), {}).error, EISDIR);
  EXPECT_EQ(find_program("/nonexistent/x", {}).error, ENOENT);
}

TEST_F(ProgramPathTest, TakesANameThatIsNotInThePathForAPath) {
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.file("two"));
  EXPECT_EQ(find_program("tool", {"PATH=/nonexistent"}).path, "tool");
  EXPECT_EQ(find_program("nothing", {"PATH=/nonexistent"}).error, ENOENT);
  std::filesystem::current_path(before);
}

TEST(ProgramFailure, IsToldAsAShellTellsIt) {
  EXPECT_EQ(describe_failure("pyhton", ENOENT), "pyhton: command not found");
  EXPECT_EQ(describe_failure("/opt/x", ENOENT), "/opt/x: No such file or directory");
  EXPECT_EQ(describe_failure("notes", EACCES), "notes: Permission denied");
  EXPECT_EQ(describe_failure("a\nb", ENOENT), "a\\x0ab: command not found");
}

}  // namespace
}  // namespace workspace::agent
