#include "libworkspace/hypervisor/dom0_cpus.h"

#include <gmock/gmock.h>

namespace workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CpusInMapsTest, AreThoseOfAllMapsTogether) {
  // Two vCPUs' maps of two bytes: CPUs 0 and 9; CPUs 0 and 7.
  const unsigned char maps[] = {0x01, 0x02, 0x81, 0x00};
  EXPECT_THAT(cpus_in_maps(maps, 2), ElementsAre(0, 7, 9));
  EXPECT_THAT(cpus_in_maps({}, 2), IsEmpty());
}

}  // namespace
}  // namespace workspace
