#include "libworkspace/lifecycle/user_account.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(UserAccount, IsFoundWithItsGroups) {
  const UserAccount root = find_user(0);
  EXPECT_EQ(root.name, "root");
  EXPECT_EQ(root.groups.at(0), std::pair(std::string("root"), 0U));
  testing::expect_error([] { (void)find_user(4000000000U); }, ErrorKind::kNotFound,
                        "this node knows no user with uid 4000000000");
}

TEST(UserAccount, AsksWithItsOwnNamesAndThoseOfTheJob) {
  const UserAccount ann{"ann", 1000, 100, "/home/ann", "/bin/sh", {{"users", 100}, {"lab", 101}}};
  const Requester before = ann.requester();
  EXPECT_THAT(at(before, AccessBy::kUsers), Optional(ElementsAre("ann")));
  EXPECT_THAT(at(before, AccessBy::kGroups), Optional(ElementsAre("users", "lab")));
  EXPECT_EQ(at(before, AccessBy::kPartitions), std::nullopt) << "not known yet";

  Allocation allocation{JobId(1)};
  allocation.partition = "main";
  allocation.account = "physics";
  const Requester of_job = ann.requester(allocation);
  EXPECT_THAT(at(of_job, AccessBy::kGroups), Optional(ElementsAre("users", "lab")));
  EXPECT_THAT(at(of_job, AccessBy::kPartitions), Optional(ElementsAre("main")));
  EXPECT_THAT(at(of_job, AccessBy::kAccounts), Optional(ElementsAre("physics")));
  EXPECT_THAT(at(of_job, AccessBy::kQos), Optional(ElementsAre())) << "known to be none";
}

}  // namespace
}  // namespace workspace
