#include "guest/own_init.h"

#include <gtest/gtest.h>

namespace workspace::agent {
namespace {

TEST(OwnInit, TheFirstLineOfItsSignIsTheStateOfTheSystem) {
  EXPECT_EQ(state_of_sign(""), "running");
  EXPECT_EQ(state_of_sign("\n"), "running");
  EXPECT_EQ(state_of_sign("running\n"), "running");
  EXPECT_EQ(state_of_sign("degraded: a.service has failed\nmore\n"),
            "degraded: a.service has failed");
  EXPECT_EQ(state_of_sign("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_LE(state_of_sign(std::string(100'000, 'x')).size(), 300U);
}

TEST(OwnInit, UnitsThatFailedAreTold) {
  EXPECT_EQ(failed_units("ssh.service loaded failed failed OpenBSD Secure Shell server\n"),
            "ssh.service has failed");
  EXPECT_EQ(failed_units("a.service loaded failed failed A\nb.mount loaded failed failed B\n"),
            "a.service, b.mount have failed");
  std::string many;
  for (const char name : {'a', 'b', 'c', 'd', 'e', 'f', 'g'})
    many += std::string(1, name) + ".service loaded failed failed\n";
  EXPECT_EQ(failed_units(many),
            "a.service, b.service, c.service, d.service, e.service and 2 more have failed");
}

/// Tests run where the agent is not PID 1's neighbour.
TEST(OwnInit, StartsUntilTheSignIsThere) { EXPECT_EQ(system_state(), "starting"); }

}  // namespace
}  // namespace workspace::agent
