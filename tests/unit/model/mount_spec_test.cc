#include "libworkspace/model/mount_spec.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StrEq;

TEST(MountSpec, IsReadAsUsersWriteIt) {
  struct Case {
    const char* text;
    MountSpec mount;
  };
  const std::vector<Case> cases = {
      {"/data", {"/data", "/data", false}},        {"/data/", {"/data", "/data", false}},
      {"/data:/mnt", {"/data", "/mnt", false}},    {"/data:/mnt:ro", {"/data", "/mnt", true}},
      {"/data:/mnt:rw", {"/data", "/mnt", false}}, {"/a b:/c", {"/a b", "/c", false}},
      {"/:/host", {"/", "/host", false}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(MountSpec::parse(c.text), c.mount);
    EXPECT_EQ(MountSpec::parse(c.mount.to_string()), c.mount);
  }
}

TEST(MountSpec, RefusesTheRestAndNamesThePart) {
  const std::string form = "; expected SRC[:DST[:ro]] with absolute paths";
  struct Case {
    std::string text;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {"", "mount source '' is not an absolute path"},
      {"data", "mount source 'data' is not an absolute path"},
      {"/a:", "mount destination '' is not an absolute path"},
      {"/a:b", "mount destination 'b' is not an absolute path"},
      {"/a:/b:", "mount '/a:/b:' has the mode '', not ro or rw" + form},
      {"/a:/b:rx", "mount '/a:/b:rx' has the mode 'rx', not ro or rw" + form},
      {"/a:/b:ro:x", "mount '/a:/b:ro:x' has more than three parts" + form},
      {"/a/../b", "mount source '/a/../b' has an empty, '.' or '..' part"},
      {"/a/./b", "mount source '/a/./b' has an empty, '.' or '..' part"},
      {"/a//b", "mount source '/a//b' has an empty, '.' or '..' part"},
      {"/a:/..", "mount destination '/..' has an empty, '.' or '..' part"},
      {"/a\nb", "mount source '/a\\x0ab' has a control character"},
      {"/" + std::string(1024, 'a'), "is longer than 1024 bytes"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    expect_error([&] { MountSpec::parse(c.text); }, ErrorKind::kInvalid, HasSubstr(c.reason));
  }
}

TEST(Mounts, AreAListWithoutASharedDestination) {
  EXPECT_TRUE(parse_mounts("").empty());
  const auto mounts = parse_mounts("/a,/b:/c:ro");
  EXPECT_EQ(mounts, (std::vector<MountSpec>{{"/a", "/a", false}, {"/b", "/c", true}}));
  EXPECT_EQ(parse_mounts(format_mounts(mounts)), mounts);

  expect_error([] { parse_mounts("/a:/c,/b:/c/"); }, ErrorKind::kInvalid,
               HasSubstr("mount '/b:/c/' has a destination that another mount has already"));
  expect_error([] { parse_mounts("/a,"); }, ErrorKind::kInvalid,
               StrEq("mount source '' is not an absolute path"));

  std::string many = "/0";
  for (int i = 1; i < 16; ++i) many += ",/" + std::to_string(i);
  EXPECT_EQ(parse_mounts(many).size(), 16U);
  expect_error([&] { parse_mounts(many + ",/16"); }, ErrorKind::kExceeded,
               StrEq("17 mounts are asked for; at most 16 are allowed"));
}

TEST(MountDestination, LeavesTheGuestsOwnSystemAlone) {
  for (const char* good : {"/home/user", "/data", "/user", "/opt/x", "/mnt", "/tmp/x", "/proc2"}) {
    check_mount_destination(good);
  }
  for (const std::string bad : {"/", "/proc", "/proc/1", "/usr", "/usr/lib", "/etc", "/dev/shm",
                                "/lib64", "/root/x", "/workspace"}) {
    expect_error(
        [&] { check_mount_destination(bad); }, ErrorKind::kDenied,
        StrEq("nothing may be mounted at '" + bad + "': the workspace's own system is there"));
  }
}

}  // namespace
}  // namespace workspace
