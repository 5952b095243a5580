#include "libworkspace/catalog/image_policy.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

AccessRules allow_groups(const AccessNames& names) {
  AccessRules rules;
  at(rules.allow, AccessBy::kGroups) = names;
  return rules;
}

AccessRules deny_users(const AccessNames& names) {
  AccessRules rules;
  at(rules.deny, AccessBy::kUsers) = names;
  return rules;
}

/// Who may use NAME by the site's rules and by the image's own.
std::string access_to(const std::vector<SiteAccess>& site, const char* name,
                      const AccessRules& own = {}) {
  SiteConfig config;
  config.access = site;
  Manifest manifest(ImageName::parse(name), ImageVersion::parse("1"));
  manifest.access = own;
  return describe(ImagePolicy(config, {}, utc_now()).access_to(manifest));
}

TEST(ImagePolicy, TheFirstPatternThatAllowsSaysWhomAndEveryDenialCounts) {
  const std::vector<SiteAccess> site = {
      {"course-*", allow_groups({"students"})},
      {"course-mpi", allow_groups({"nobody"}).narrowed_by(deny_users({"eve"}))},
      {"*", allow_groups({"staff"}).narrowed_by(deny_users({"guest"}))},
  };
  EXPECT_EQ(access_to(site, "course-mpi"), "groups students; not users eve, guest");
  EXPECT_EQ(access_to(site, "course-r"), "groups students; not users guest");
  EXPECT_EQ(access_to(site, "tiny"), "groups staff; not users guest");
  EXPECT_EQ(access_to({}, "tiny"), "everybody");
}

TEST(ImagePolicy, AnImageCanOnlyNarrowWhatTheSiteAllows) {
  const std::vector<SiteAccess> site = {{"*", allow_groups({"staff", "students"})}};
  EXPECT_EQ(access_to(site, "tiny", allow_groups({"students", "guests"})), "groups students");
  EXPECT_EQ(access_to(site, "tiny", allow_groups({"guests"})), "groups (none)");
  EXPECT_EQ(access_to(site, "tiny", deny_users({"eve"})), "groups staff, students; not users eve");
}

TEST(ImagePolicy, RefusesByTheJobsOwnNames) {
  SiteConfig config;
  config.access = {{"*", allow_groups({"staff"})}};
  const ImagePolicy policy(config, {}, utc_now());
  const Manifest manifest(ImageName::parse("tiny"), ImageVersion::parse("1"));
  Requester requester;
  at(requester, AccessBy::kGroups) = {"staff"};
  policy.check_access(manifest, requester);
  at(requester, AccessBy::kGroups) = {"guests"};
  expect_error([&] { policy.check_access(manifest, requester); }, ErrorKind::kDenied,
               "image 'tiny:1' is not for you: of groups it is for staff; you have group 'guests'");
}

}  // namespace
}  // namespace workspace
