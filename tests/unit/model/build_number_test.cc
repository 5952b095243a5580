#include "libworkspace/model/build_number.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

TEST(BuildNumber, IsAboveSlurmsOwn) {
  EXPECT_FALSE(is_build(JobId(1)));
  EXPECT_FALSE(is_build(JobId(0x03ff0000)));
  EXPECT_TRUE(is_build(JobId(kFirstBuild)));
  EXPECT_TRUE(is_build(JobId(kLastBuild)));
  // A federation's jobs have their cluster in the bits above.
  EXPECT_FALSE(is_build(JobId((1U << 26U) + 1)));
}

}  // namespace
}  // namespace workspace
