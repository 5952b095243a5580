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
      {"/data", {"/data", "/data", false}},
      {"/data/", {"/data", "/data", false}},
      {"/data:/mnt", {"/data", "/mnt", false}},
      {"/data:/mnt:ro", {"/data", "/mnt", true}},
      {"/data:/mnt:rw", {"/data", "/mnt", false}},
      {"/a b:/c", {"/a b", "/c", false}},
      {"/:/host", {"/", "/host", false}},
      {R"(/a\:b\,c\\d:/x\:y:ro)", {R"(/a:b,c\d)", "/x:y", true}},
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
      {R"(/a\b)", R"(mount '/a\b' has a '\' that stands before neither ':', ',' nor '\')" + form},
      {R"(/a\)", R"(mount '/a\' has a '\' that stands before neither)"},
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
  const std::vector<MountSpec> odd = {{"/a,b", "/c:d", false}, {R"(/e\)", "/f g", true}};
  EXPECT_EQ(format_mounts(odd), R"(/a\,b:/c\:d:rw,/e\\:/f g:ro)");
  EXPECT_EQ(parse_mounts(format_mounts(odd)), odd);

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

TEST(MountSource, IsNotTheNodesOwnSystem) {
  for (const char* good : {"/home/user", "/usr/share", "/device", "/process", "/tmp"})
    check_mount_source(good);
  for (const std::string bad : {"/", "/proc", "/proc/1/root", "/sys", "/dev", "/dev/shm"}) {
    expect_error([&] { check_mount_source(bad); }, ErrorKind::kDenied,
                 StrEq("'" + bad + "' of the node may not be mounted: it is the system's own"));
  }
  expect_error(
      [] {
        check_mount({"/proc", "/mnt", true});
      },
      ErrorKind::kDenied, HasSubstr("'/proc' of the node"));
  expect_error(
      [] {
        check_mount({"/mnt", "/proc", true});
      },
      ErrorKind::kDenied, HasSubstr("nothing may be mounted at '/proc'"));
}

}  // namespace
}  // namespace workspace
