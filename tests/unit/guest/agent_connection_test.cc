#include "libworkspace/guest/agent_connection.h"

#include <gtest/gtest.h>

#include <vector>

namespace workspace {
namespace {

using std::chrono::milliseconds;

TEST(AttemptTime, GrowsWithTheWait) {
  struct Case {
    milliseconds waited;
    milliseconds attempt;
  };
  const std::vector<Case> cases = {{milliseconds(0), milliseconds(150)},
                                   {milliseconds(1'500), milliseconds(150)},
                                   {milliseconds(2'000), milliseconds(200)},
                                   {milliseconds(20'000), milliseconds(2'000)},
                                   {milliseconds(60'000), milliseconds(6'000)}};
  for (const auto& [waited, attempt] : cases) EXPECT_EQ(attempt_time(waited), attempt);
}

}  // namespace
}  // namespace workspace
