#include "libworkspace/hypervisor/host_tsc.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace workspace {
namespace {

/// The counter's speed does not change, whatever else the machine does meanwhile.
TEST(HostTsc, MeasuresTheSameEachTime) {
  std::uint32_t least = host_tsc_khz();
  std::uint32_t most = least;
  for (int i = 0; i < 10; ++i) {
    const std::uint32_t khz = host_tsc_khz();
    least = std::min(least, khz);
    most = std::max(most, khz);
  }
  EXPECT_GT(least, 100'000U);
  EXPECT_LT(most - least, least / 1'000);
}

}  // namespace
}  // namespace workspace
