#include "libworkspace/model/request.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kMinimal =
    "1 image=tiny version=1 digest=" + kDigest + " disk_mib=2048 needs_memory_mib=96 needs_vcpus=1";

std::string replaced(const std::string& from, const std::string& to) {
  std::string line = kMinimal;
  return line.replace(line.find(from), from.size(), to);
}

TEST(WorkspaceRequest, GoesBothWays) {
  const auto request = WorkspaceRequest::parse(kMinimal);
  EXPECT_EQ(request.name.text(), "tiny");
  EXPECT_EQ(request.version.text(), "1");
  EXPECT_EQ(request.digest.to_string(), kDigest);
  EXPECT_EQ(request.disk_mib, 2048U);
  EXPECT_EQ(request.needs_memory_mib, 96U);
  EXPECT_EQ(request.needs_vcpus, 1U);
  EXPECT_TRUE(request.mounts.empty());
  EXPECT_EQ(request.to_line(), kMinimal);
}

TEST(WorkspaceRequest, CarriesMountsWithAnyBytes) {
  auto request = WorkspaceRequest::parse(kMinimal);
  request.mounts = {{"/data/a b", "/data/\xc3\xa9%", true}, {"/home/u", "/home/u", false}};
  const std::string line = request.to_line();
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(WorkspaceRequest::parse(line).mounts, request.mounts);
}

TEST(WorkspaceRequest, CarriesWhatTheControllerChecks) {
  const std::string line =
      kMinimal + " allow_accounts=a,b%20c deny_partitions=gpu allow_qos= shown_in=none";
  const auto request = WorkspaceRequest::parse(line);
  EXPECT_EQ(describe(request.access), "accounts a, b c; qos (none); not partitions gpu");
  EXPECT_EQ(request.shown_in, DigestPlace::kNone);
  EXPECT_EQ(WorkspaceRequest::parse(request.to_line()).to_line(), request.to_line());
  auto by_user = WorkspaceRequest::parse(kMinimal);
  at(by_user.access.allow, AccessBy::kUsers) = {"ann"};
  EXPECT_EQ(by_user.to_line(), kMinimal) << "users and groups are checked before";
}

TEST(WorkspaceRequest, CarriesWhatIsSaidOfTheInside) {
  auto request = WorkspaceRequest::parse(kMinimal);
  EXPECT_FALSE(request.root_inside);
  request.outside_variables = {"PATH", "TZ"};
  request.working_directory = "/data/a b";
  request.root_inside = true;
  const auto back = WorkspaceRequest::parse(request.to_line());
  EXPECT_EQ(back.outside_variables, request.outside_variables);
  EXPECT_EQ(back.working_directory, "/data/a b");
  EXPECT_TRUE(back.root_inside);
}

TEST(WorkspaceRequest, CarriesThePreferredFeature) {
  EXPECT_FALSE(WorkspaceRequest::parse(kMinimal).prefer_cached);
  const auto request = WorkspaceRequest::parse(kMinimal + " prefer=ws_tiny");
  EXPECT_TRUE(request.prefer_cached);
  EXPECT_EQ(request.to_line(), kMinimal + " prefer=ws_tiny");
  for (const std::string feature : {"ws_other", "ws_", "", "gpu", "ws_tiny,gpu"}) {
    SCOPED_TRACE(feature);
    expect_error([&] { (void)WorkspaceRequest::parse(kMinimal + " prefer=" + feature); },
                 ErrorKind::kInvalid,
                 StrEq("the workspace request of this job is malformed: field 'prefer' is not the "
                       "feature of this image"));
  }
}

/// The line comes from the user's own command: whatever they put there is refused, with a reason.
TEST(WorkspaceRequest, RefusesWhatItWouldNotHaveWritten) {
  struct Case {
    std::string line;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {"", "it begins with '', not with the version '1'"},
      {"garbage", "it begins with 'garbage', not with the version '1'"},
      {"2 image=tiny", "it begins with '2 image=tiny', not with the version '1'"},
      {"1\nimage=tiny", "it begins with '1\\x0aimage=tiny', not with the version '1'"},
      {"1 $(id)", "'$(id)' is not NAME=VALUE"},
      {"1 image=tiny", "field 'version' is missing"},
      {kMinimal + "\n", "field 'needs_vcpus' has a value that is not percent-encoded"},
      {kMinimal + " ", "'' is not NAME=VALUE"},
      {kMinimal + " device=/dev/sda", "field 'device' is not known"},
      {kMinimal + " image=other", "field 'image' is given twice"},
      {replaced("image=tiny", "image=../etc"),
       "image name '../etc' has the character '.' at position 1; allowed there are lower-case "
       "letters and digits"},
      {replaced("image=tiny", "image=none"),
       "image name 'none' is reserved: it asks for no workspace"},
      {replaced("version=1", "version="), "image version '' is empty"},
      {replaced("sha256:aa", "sha256:AA"),
       "'sha256:AA" + std::string(62, 'a') +
           "' is not a digest; expected sha256: and 64 lower-case hexadecimal digits"},
      {replaced("disk_mib=2048", "disk_mib=-1"),
       "field 'disk_mib' is '-1', not a whole number up to 1073741824"},
      {replaced("disk_mib=2048", "disk_mib=1073741825"),
       "field 'disk_mib' is '1073741825', not a whole number up to 1073741824"},
      {kMinimal + " allow_users=a", "field 'allow_users' is not known"},
      {kMinimal + " deny_qos=a,,b", "'' is not a name; expected at most 128 bytes without a ','"},
      {kMinimal + " shown_in=here",
       "'here' is no place for the digest; there are admin_comment, comment, none"},
      {kMinimal + " secret=abc", "field 'secret' is not 64 hexadecimal digits"},
      {kMinimal + " secret=" + std::string(64, 'x'), "field 'secret' is not 64 hexadecimal digits"},
      {kMinimal + " secret=" + std::string(66, 'a'), "field 'secret' is not 64 hexadecimal digits"},
      {replaced("needs_vcpus=1", "needs_vcpus=65536"),
       "field 'needs_vcpus' is '65536', not a whole number up to 65535"},
      {kMinimal + " env=LD_PRELOAD,1A",
       "'1A' is not the name of a variable; allowed are letters, digits and '_', no digit first"},
      {kMinimal + " env=A,A", "the variable A is named twice"},
      {kMinimal + " workdir=data", "workspace workdir 'data' is not an absolute path"},
      {kMinimal + " workdir=/a/../b", "workspace workdir '/a/../b' has an empty, '.' or '..' part"},
      {kMinimal + " root=2", "field 'root' is '2', not a whole number up to 1"},
      {kMinimal + " save=none", "image name 'none' is reserved: it asks for no workspace"},
      {kMinimal + " mounts=/dev:/a",
       "'/dev' of the node may not be mounted: it is the system's own"},
      {kMinimal + " mounts=/a:/proc",
       "nothing may be mounted at '/proc': the workspace's own system is there"},
      {kMinimal + " mounts=/a:b", "mount destination 'b' is not an absolute path"},
      {std::string(1 << 20, 'a'), "it has 1048576 bytes; at most 4096 are allowed"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line.substr(0, 200));
    expect_error(
        [&] { WorkspaceRequest::parse(c.line); },
        c.reason.find(" may ") != std::string::npos ? ErrorKind::kDenied : ErrorKind::kInvalid,
        StrEq("the workspace request of this job is malformed: " + c.reason));
  }
}

}  // namespace
}  // namespace workspace
