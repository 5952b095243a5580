#include "libworkspace/model/access.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

Requester ann() {
  Requester requester;
  at(requester, AccessBy::kUsers) = {"ann"};
  at(requester, AccessBy::kGroups) = {"ann", "lab"};
  at(requester, AccessBy::kAccounts) = {"physics"};
  at(requester, AccessBy::kPartitions) = {"main"};
  at(requester, AccessBy::kQos) = AccessNames();
  return requester;
}

AccessRules allow(AccessBy by, const AccessNames& names) {
  AccessRules rules;
  at(rules.allow, by) = names;
  return rules;
}

AccessRules deny(AccessBy by, const AccessNames& names) {
  AccessRules rules;
  at(rules.deny, by) = names;
  return rules;
}

TEST(Access, OpenRulesRefuseNobody) {
  EXPECT_TRUE(AccessRules().is_open());
  EXPECT_EQ(refusal_of({}, ann()), std::nullopt);
  EXPECT_EQ(describe({}), "everybody");
}

TEST(Access, SaysWhyItRefuses) {
  struct Case {
    AccessRules rules;
    const char* refusal;  ///< nullptr: none
  };
  for (const auto& [rules, refusal] : {
           Case{allow(AccessBy::kUsers, {"bob", "ann"}), nullptr},
           Case{allow(AccessBy::kUsers, {"bob"}), "of users it is for bob; you have user 'ann'"},
           Case{allow(AccessBy::kUsers, {"an", "annn", "Ann"}),
                "of users it is for an, annn, Ann; you have user 'ann'"},
           Case{allow(AccessBy::kUsers, {}), "of users it is for none; you have user 'ann'"},
           Case{allow(AccessBy::kGroups, {"lab"}), nullptr},
           Case{allow(AccessBy::kGroups, {"staff"}),
                "of groups it is for staff; you have groups 'ann', 'lab'"},
           Case{allow(AccessBy::kAccounts, {"physics"}), nullptr},
           Case{allow(AccessBy::kAccounts, {"chem"}),
                "of accounts it is for chem; you have account 'physics'"},
           Case{allow(AccessBy::kPartitions, {"gpu"}),
                "of partitions it is for gpu; you have partition 'main'"},
           Case{allow(AccessBy::kQos, {"high"}), "of qos it is for high; you have no QOS"},
           Case{deny(AccessBy::kUsers, {"ann"}), "user 'ann' is denied"},
           Case{deny(AccessBy::kUsers, {"bob"}), nullptr},
           Case{deny(AccessBy::kGroups, {"lab"}), "group 'lab' is denied"},
           Case{deny(AccessBy::kPartitions, {"main"}), "partition 'main' is denied"},
           Case{deny(AccessBy::kQos, {""}), nullptr},
           // Each list of `allow` must hold; one of `deny` is enough, and wins.
           Case{allow(AccessBy::kUsers, {"ann"}).narrowed_by(allow(AccessBy::kGroups, {"staff"})),
                "of groups it is for staff; you have groups 'ann', 'lab'"},
           Case{
               allow(AccessBy::kUsers, {"ann"}).narrowed_by(deny(AccessBy::kAccounts, {"physics"})),
               "account 'physics' is denied"},
       }) {
    const auto got = refusal_of(rules, ann());
    EXPECT_EQ(got.value_or("(none)"), refusal == nullptr ? "(none)" : refusal) << describe(rules);
  }
}

TEST(Access, WhatIsNotKnownYetIsNotJudged) {
  Requester at_submission;
  at(at_submission, AccessBy::kUsers) = {"ann"};
  at(at_submission, AccessBy::kGroups) = {"ann"};
  EXPECT_EQ(refusal_of(allow(AccessBy::kPartitions, {"gpu"}), at_submission), std::nullopt);
}

TEST(Access, TwoRulesTogetherLetPassWhomBothDo) {
  const auto both =
      allow(AccessBy::kUsers, {"ann", "bob"}).narrowed_by(allow(AccessBy::kUsers, {"bob", "cid"}));
  EXPECT_EQ(describe(both), "users bob");
  const auto none = allow(AccessBy::kUsers, {"ann"}).narrowed_by(allow(AccessBy::kUsers, {"bob"}));
  EXPECT_EQ(describe(none), "users (none)");
  EXPECT_EQ(describe(deny(AccessBy::kUsers, {"a"}).narrowed_by(deny(AccessBy::kUsers, {"b", "a"}))),
            "everybody; not users a, b");
  EXPECT_EQ(AccessRules().narrowed_by(both), both);
  EXPECT_EQ(both.narrowed_by({}), both);
}

TEST(Access, NamesAreOneWordOfAList) {
  for (const char* name : {"ann", "domain users", "a.b@c", "x$"})
    EXPECT_EQ(parse_access_name(name), name);
  for (const std::string name : {"", "a,b", "a\nb", "\x7f"}) {
    expect_error([&] { (void)parse_access_name(name); }, ErrorKind::kInvalid,
                 ::testing::HasSubstr("' is not a name; expected at most 128 bytes without a ','"));
  }
}

}  // namespace
}  // namespace workspace
