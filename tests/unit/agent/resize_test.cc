#include "guest/resize.h"

#include <gtest/gtest.h>

namespace workspace::agent {
namespace {

TEST(AvailableMemory, IsTheKernelsWord) {
  EXPECT_EQ(available_mib("MemTotal:  100 kB\nMemAvailable:     205824 kB\nBuffers: 1 kB\n"), 201U);
  EXPECT_EQ(available_mib("MemAvailable: 1023 kB\n"), 0U);
  EXPECT_EQ(available_mib("MemTotal:  100 kB\n"), 0U);
  EXPECT_EQ(available_mib(""), 0U);
  EXPECT_EQ(available_mib("MemAvailable: x kB\n"), 0U);
}

}  // namespace
}  // namespace workspace::agent
