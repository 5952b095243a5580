#include "cli/resolve.h"

#include <gtest/gtest.h>

#include "libworkspace/catalog/registration.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace::cli {
namespace {

using testing::expect_error;
using testing::SampleImage;
using ::testing::StartsWith;

class ResolveTest : public ::testing::Test {
 protected:
  ResolveTest() {
    config_.store = sample_.store();
    config_.keys = sample_.keys();
    sample_.make_key();
    at(requester_, AccessBy::kUsers) = {"ann"};
    at(requester_, AccessBy::kGroups) = {"lab"};
    config_.disk_default_mib = 2048;
    config_.disk_max_mib = 102400;
    add("tiny", "");
    add("rooted", "allow_root: true\n");
    add("course-mpi", "needs: {memory: 2G, vcpus: 4, disk: 10G}\n");
  }

  void add(const std::string& name, const std::string& more) {
    sample_.approve(
        register_image(sample_.store(), sample_.write_manifest(name, "1", more), nullptr));
  }

  [[nodiscard]] WorkspaceRequest resolve(const RequestTexts& texts) const {
    return resolve_request(config_, ImagePolicy::of(config_), requester_, texts);
  }

  SampleImage sample_;
  SiteConfig config_;
  Requester requester_;
};

TEST_F(ResolveTest, PinsTheImageAndCarriesWhatItNeeds) {
  const auto request = resolve({"course-mpi", "20G", "/data:/mnt/data:ro,/scratch"});
  EXPECT_EQ(request.name.text(), "course-mpi");
  EXPECT_EQ(request.version.text(), "1");
  EXPECT_EQ(request.digest, Catalog(sample_.store()).resolve(ImageRef::parse("course-mpi")).digest);
  EXPECT_EQ(request.disk_mib, 20480);
  EXPECT_EQ(format_mounts(request.mounts), "/data:/mnt/data:ro,/scratch:/scratch:rw");
  // With the memory_overhead of the site.
  EXPECT_EQ(request.needs_memory_mib, 2048 + 64);
  EXPECT_EQ(request.needs_vcpus, 4);
  EXPECT_EQ(WorkspaceRequest::parse(request.to_line()).to_line(), request.to_line());
}

TEST_F(ResolveTest, SavesWhereSiteImageAndNamePermit) {
  add("kept", "allow_save: true\n");
  const auto save = [&](const std::string& image, const std::string& name) {
    RequestTexts texts{image, {}, {}};
    texts.save = name;
    return resolve(texts);
  };
  expect_error([&] { save("kept", "mine"); }, ErrorKind::kDenied,
               "this site does not permit --workspace-save (save_max)");
  config_.save_max_mib = 100;
  const auto request = save("kept", "mine");
  EXPECT_EQ(request.save_as->text(), "mine");
  EXPECT_EQ(WorkspaceRequest::parse(request.to_line()).to_line(), request.to_line());
  expect_error([&] { save("tiny", "mine"); }, ErrorKind::kDenied,
               "image 'tiny:1' does not permit --workspace-save (allow_save in its manifest)");
  expect_error([&] { save("kept", "tiny"); }, ErrorKind::kDenied,
               "the name 'tiny' is that of an image of the site's; save under another name");
}

TEST_F(ResolveTest, CarriesWhatIsSaidOfTheInside) {
  const auto request = resolve({"rooted", {}, {}, "PATH,TZ", "/data", true});
  EXPECT_EQ(request.outside_variables, (std::vector<std::string>{"PATH", "TZ"}));
  EXPECT_EQ(request.working_directory, "/data");
  EXPECT_TRUE(request.root_inside);
}

TEST_F(ResolveTest, WithoutASizeTheDiskIsTheSitesOrWhatTheImageNeeds) {
  EXPECT_EQ(resolve({"tiny", {}, {}}).disk_mib, 2048);
  EXPECT_EQ(resolve({"tiny", "0", {}}).disk_mib, 2048);
  EXPECT_EQ(resolve({"course-mpi", {}, {}}).disk_mib, 10240);
  EXPECT_EQ(resolve({"tiny", "100G", {}}).disk_mib, 102400);
  EXPECT_EQ(resolve({"tiny", "1", {}}).disk_mib, 1);
}

TEST_F(ResolveTest, RefusesInWordsForTheUser) {
  struct Case {
    RequestTexts texts;
    ErrorKind kind;
    std::string message;
  };
  std::string many_mounts = "/a0";
  for (int i = 1; i <= 16; ++i) many_mounts += ",/a" + std::to_string(i);
  std::string long_mounts = "/" + std::string(1000, 'a');
  for (const char c : {'b', 'c', 'd', 'e'}) long_mounts += ",/" + std::string(1000, c);
  std::string many_variables = "A0";
  for (int i = 1; i <= 64; ++i) many_variables += ",A" + std::to_string(i);
  for (const auto& [texts, kind, message] : {
           Case{{"legacy-el5", {}, {}},
                ErrorKind::kNotFound,
                "image 'legacy-el5' is not registered; images you may use: course-mpi, rooted, "
                "tiny"},
           Case{{"tiny:2", {}, {}},
                ErrorKind::kNotFound,
                "image 'tiny' has no version '2'; versions you may use: 1"},
           Case{{"", {}, {}}, ErrorKind::kInvalid, "image name '' is empty"},
           Case{{"tiny:", {}, {}}, ErrorKind::kInvalid, "image version '' is empty"},
           Case{{"a/b", {}, {}},
                ErrorKind::kInvalid,
                "image name 'a/b' has the character '/' at position 2"},
           Case{{"..", {}, {}},
                ErrorKind::kInvalid,
                "image name '..' has the character '.' at position 1"},
           Case{{"tiny\nx", {}, {}},
                ErrorKind::kInvalid,
                "image name 'tiny\\x0ax' has the character '\\x0a' at position 5"},
           Case{{std::string(300, 'a'), {}, {}},
                ErrorKind::kInvalid,
                "image name '" + std::string(64, 'a') +
                    "...' has 300 characters; at most 64 are allowed"},
           Case{{"tiny", "lots", {}}, ErrorKind::kInvalid, "disk size 'lots' is not a size"},
           Case{{"tiny", "-1", {}}, ErrorKind::kInvalid, "disk size '-1' is not a size"},
           Case{{"tiny", "", {}}, ErrorKind::kInvalid, "disk size '' is not a size"},
           Case{{"tiny", "101G", {}},
                ErrorKind::kExceeded,
                "a scratch disk of 101G is more than this site gives; ask for "
                "--workspace-disk=100G at most"},
           Case{{"course-mpi", "1G", {}},
                ErrorKind::kExceeded,
                "image 'course-mpi:1' needs a scratch disk of 10G; ask for --workspace-disk=10G"},
           Case{{"tiny", {}, "data"},
                ErrorKind::kInvalid,
                "mount source 'data' is not an absolute path"},
           Case{
               {"tiny", {}, "/a:/b:rx"}, ErrorKind::kInvalid, "mount '/a:/b:rx' has the mode 'rx'"},
           Case{{"tiny", {}, "/a:/usr"},
                ErrorKind::kDenied,
                "nothing may be mounted at '/usr': the workspace's own system is there"},
           Case{{"tiny", {}, many_mounts},
                ErrorKind::kExceeded,
                "17 mounts are asked for; at most 16 are allowed"},
           Case{{"tiny", {}, long_mounts},
                ErrorKind::kExceeded,
                "the mounts and variables make the request "},
           Case{{"tiny", {}, {}, "A=1"},
                ErrorKind::kInvalid,
                "'A=1' is not the name of a variable; allowed are letters, digits and '_', no "
                "digit first"},
           Case{{"tiny", {}, {}, many_variables},
                ErrorKind::kExceeded,
                "65 variables are named; at most 64 are allowed"},
           Case{{"tiny", {}, {}, {}, "data"},
                ErrorKind::kInvalid,
                "workdir 'data' is not an absolute path"},
           Case{{"tiny", {}, {}, {}, {}, true},
                ErrorKind::kDenied,
                "image 'tiny:1' does not permit --workspace-root (allow_root in its manifest)"},
       }) {
    SCOPED_TRACE(message);
    expect_error([&] { (void)resolve(texts); }, kind, StartsWith(message));
  }
}

TEST_F(ResolveTest, AnImageThatNeedsMoreDiskThanTheSiteGivesIsRefused) {
  config_.disk_max_mib = 4096;
  expect_error(
      [&] {
        (void)resolve({"course-mpi", {}, {}});
      },
      ErrorKind::kExceeded,
      "a scratch disk of 10G is more than this site gives; ask for --workspace-disk=4G at most");
}

TEST_F(ResolveTest, AnImageThatIsNotApprovedIsRefusedAndAnOlderOneTaken) {
  register_image(sample_.store(), sample_.write_manifest("tiny", "2", ""), nullptr);
  EXPECT_EQ(resolve({"tiny", {}, {}}).version.text(), "1") << "the newest that is approved";
  expect_error(
      [&] {
        (void)resolve({"tiny:2", {}, {}});
      },
      ErrorKind::kDenied,
      "image tiny:2 is not approved: its manifest is not signed; images you may use: "
      "course-mpi, rooted, tiny");
}

TEST_F(ResolveTest, ADamagedVersionIsToldAndStopsNoOther) {
  for (const char* folder : {"tiny/2", "broken/1"}) {
    sample_.folder().write("store/images/" + std::string(folder) + "/manifest.yaml", "garbage");
    sample_.folder().write("store/images/" + std::string(folder) + "/registered", "time_us=9\n");
  }
  EXPECT_EQ(resolve({"tiny", {}, {}}).version.text(), "1");
  expect_error(
      [&] {
        (void)resolve({"tiny:2", {}, {}});
      },
      ErrorKind::kInvalid, StartsWith("image tiny:2 is damaged in the catalogue: "));
  expect_error(
      [&] {
        (void)resolve({"broken", {}, {}});
      },
      ErrorKind::kInvalid, StartsWith("image broken:1 is damaged in the catalogue: "));
}

TEST_F(ResolveTest, WhatOneMayNotUseIsRefusedWithWhatOneMay) {
  add("secret", "access: {allow: {groups: [staff]}}\n");
  expect_error(
      [&] {
        (void)resolve({"secret", {}, {}});
      },
      ErrorKind::kDenied,
      "image 'secret:1' is not for you: of groups it is for staff; you have group 'lab'; "
      "images you may use: course-mpi, rooted, tiny");
  config_.access = {{"*", {}}};
  at(config_.access[0].rules.deny, AccessBy::kUsers) = {"ann"};
  expect_error(
      [&] {
        (void)resolve({"tiny", {}, {}});
      },
      ErrorKind::kDenied,
      "image 'tiny:1' is not for you: user 'ann' is denied; there is no image that you "
      "may use");
}

TEST_F(ResolveTest, CarriesWhatTheControllerIsToCheckAndWhereItShowsTheDigest) {
  add("taught", "access: {allow: {accounts: [c1, c2], users: [ann]}, deny: {partitions: [gpu]}}\n");
  config_.digest_shown_in = DigestPlace::kComment;
  const std::string line = resolve({"taught", {}, {}}).to_line();
  EXPECT_THAT(line,
              ::testing::EndsWith(" allow_accounts=c1,c2 deny_partitions=gpu shown_in=comment"));
  EXPECT_EQ(WorkspaceRequest::parse(line).to_line(), line);
}

TEST_F(ResolveTest, ListsThatAreTooLongForTheRequestAreTheNodesAlone) {
  std::string names = "a0";
  for (int i = 1; i < 250; ++i) names += ", account-with-a-long-name-" + std::to_string(i);
  add("crowded", "access: {allow: {accounts: [" + names + "]}}\n");
  EXPECT_TRUE(resolve({"crowded", {}, {}}).access.is_open());
}

}  // namespace
}  // namespace workspace::cli
