#include "guest/accounts.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace::agent {
namespace {

using ::testing::StrEq;
using workspace::testing::expect_error;

GuestConfig sample() {
  GuestConfig config(JobId(42));
  config.user_name = "user1";
  config.uid = 5001;
  config.gid = 5001;
  config.home = "/home/user1";
  config.groups = {{"user1", 5001}, {"legacy", 6001}};
  return config;
}

TEST(Passwd, HasTheJobsUserFirstAndOnce) {
  const struct {
    const char* image;
    const char* expected;
  } cases[] = {
      {"", "user1:x:5001:5001::/home/user1:/bin/sh\n"},
      {"root:x:0:0:root:/root:/bin/bash\n",
       "user1:x:5001:5001::/home/user1:/bin/sh\nroot:x:0:0:root:/root:/bin/bash\n"},
      // The image's own user of that name goes.
      {"root:x:0:0::/root:/bin/sh\nuser1:x:1000:1000::/old:/bin/zsh\n",
       "user1:x:5001:5001::/home/user1:/bin/sh\nroot:x:0:0::/root:/bin/sh\n"},
      // One of the same uid stays, behind ours; one whose name only begins like it too.
      {"debian:x:5001:5001::/home/debian:/bin/sh\nuser10:x:7:7::/:/bin/sh",
       "user1:x:5001:5001::/home/user1:/bin/sh\ndebian:x:5001:5001::/home/debian:/bin/sh\n"
       "user10:x:7:7::/:/bin/sh\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(passwd_with_user(c.image, sample(), "/bin/sh"), c.expected);
}

TEST(Group, HasAllOfTheUsersGroups) {
  EXPECT_EQ(group_with_user("root:x:0:\nlegacy:x:44:someone,else\nusers:x:100:\n", sample()),
            "user1:x:5001:user1\nlegacy:x:6001:user1\nroot:x:0:\nusers:x:100:\n");
}

TEST(Shadow, HasTheJobsUserWithoutAPassword) {
  EXPECT_EQ(shadow_with_user("root:*:19700:0:99999:7:::\nuser1:$y$j9T$x:1::::::\n", sample()),
            "user1:*:::::::\nroot:*:19700:0:99999:7:::\n");
}

TEST(Accounts, RefusesNamesThatBreakTheFiles) {
  const struct {
    const char* name;
    const char* text;
  } cases[] = {{"", "'' cannot be the name of a user"},
               {"a:b", "'a:b' cannot be the name of a user"},
               {"a\nroot", "'a\\x0aroot' cannot be the name of a user"}};
  for (const auto& c : cases) {
    GuestConfig config = sample();
    config.user_name = c.name;
    expect_error([&] { passwd_with_user("", config, "/bin/sh"); }, ErrorKind::kInvalid,
                 StrEq(c.text));
  }
  GuestConfig config = sample();
  config.groups.emplace_back("x,y", 1);
  expect_error([&] { group_with_user("", config); }, ErrorKind::kInvalid,
               StrEq("'x,y' cannot be the name of a group"));
}

}  // namespace
}  // namespace workspace::agent
