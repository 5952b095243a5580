/// A real build, of one package of Debian's mirror: it needs the network, and root for the sandbox.

#include "libworkspace/image/image_build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/sha256.h"
#include "test_paths.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ImageBuildTest : public ::testing::Test {
 protected:
  ImageBuildTest() {
    recipe_.suite = "bookworm";
    recipe_.variant = "extract";
    recipe_.packages = {"busybox-static"};
    recipe_.date_unix_s = 1'700'000'000;
    options_.work_folder = folder_.path();
    options_.tree_program = std::string(testing::kBinaryDir) + "/cli/workspace_tree/workspace-tree";
    // nobody walks through it to what a test lays open.
    ::chmod(folder_.path().c_str(), 0711);
  }

  [[nodiscard]] ImportedTree build(const std::vector<RecipeFile>& files = {}) const {
    return build_tree(recipe_, files, options_, Deadline::in(4min), [](auto...) {});
  }

  testing::TemporaryFolder folder_;
  ImageRecipe recipe_{{ImageName::parse("tools"), ImageVersion::parse("1")}};
  ImportOptions options_;
};

std::string bytes_of(const UniqueFd& file) {
  std::string bytes(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(file.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

TEST_F(ImageBuildTest, TheSameRecipeGivesTheSameBytes) {
  const ImportedTree first = build();
  EXPECT_GT(first.summary.entries, 10U);
  const std::string bytes = bytes_of(first.squashfs);
  EXPECT_THAT(bytes, StartsWith("hsqs"));
  EXPECT_EQ(sha256_of(bytes), sha256_of(bytes_of(build().squashfs)));
}

TEST_F(ImageBuildTest, FilesAreCopiedAndCommandsRunInTheTree) {
  recipe_.variant = "essential";
  recipe_.packages.clear();
  recipe_.commands = {"/opt/site/number >/etc/number", "id -u >/etc/uid"};
  recipe_.left_out = {"usr/share/*"};
  const ImportedTree built =
      build({{"/opt/site/number", "#!/bin/sh\nprintf '%s' \"4 2\"\n", true}});
  Command command;
  command.argv = {"rdsquashfs", "--cat", "", path_of(built.squashfs)};
  command.kept_fds = {built.squashfs.get()};
  const auto content = [&](const std::string& path) {
    command.argv[2] = path;
    return check_command(command, Deadline::in(30s));
  };
  EXPECT_EQ(content("etc/number"), "4 2");
  EXPECT_EQ(content("etc/uid"), "0\n");
}

TEST_F(ImageBuildTest, APackageThatIsNotThereIsToldInOneLine) {
  recipe_.packages = {"no-such-package"};
  expect_error([&] { (void)build(); }, ErrorKind::kInvalid,
               AllOf(StartsWith("building tools:1: "), HasSubstr("no-such-package")));
}

/// In /var/tmp by default; what is there in the end is what was there before.
TEST_F(ImageBuildTest, LeavesNothingBehind) {
  const std::string temporary = folder_.file("tmp");
  std::filesystem::create_directory(temporary);
  ::setenv("TMPDIR", temporary.c_str(), 1);
  recipe_.suite = "no-such-suite";
  expect_error([&] { (void)build(); }, ErrorKind::kInvalid, StartsWith("building tools:1: "));
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(std::filesystem::is_empty(temporary));
}

}  // namespace
}  // namespace workspace
