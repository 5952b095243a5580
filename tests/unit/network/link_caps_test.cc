#include "libworkspace/network/link_caps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LinkCaps, LeadAllLinksThroughOneQueueEachWay) {
  const LinkCaps caps{100 << 10, 1 << 10};
  EXPECT_THAT(cap_link_commands(caps),
              ElementsAre("link add cap-in type ifb", "link set dev cap-in up",
                          "link add cap-out type ifb", "link set dev cap-out up"));
  const std::string all = " protocol all u32 match u32 0 0 action mirred egress redirect dev ";
  EXPECT_THAT(
      cap_traffic_commands(caps, {"ws42", "wsp42"}),
      ElementsAre("qdisc add dev cap-in root tbf rate 104857600bps burst 1048576 limit 10485760",
                  "qdisc add dev cap-out root tbf rate 1048576bps burst 262144 limit 524288",
                  "qdisc add dev ws42 clsact", "filter add dev ws42 egress" + all + "cap-in",
                  "filter add dev ws42 ingress" + all + "cap-out", "qdisc add dev wsp42 clsact",
                  "filter add dev wsp42 egress" + all + "cap-in",
                  "filter add dev wsp42 ingress" + all + "cap-out"));
}

TEST(LinkCaps, DoNothingWhereThereIsNoBound) {
  EXPECT_THAT(cap_link_commands({}), IsEmpty());
  EXPECT_THAT(cap_traffic_commands({}, {"ws42"}), IsEmpty());
  EXPECT_THAT(cap_link_commands({0, 128}),
              ElementsAre("link add cap-out type ifb", "link set dev cap-out up"));
  EXPECT_THAT(
      cap_traffic_commands({0, 128}, {"vif3.0"}),
      ElementsAre("qdisc add dev cap-out root tbf rate 131072bps burst 262144 limit 524288",
                  "qdisc add dev vif3.0 clsact",
                  "filter add dev vif3.0 ingress protocol all u32 match u32 0 0 action mirred "
                  "egress redirect dev cap-out"));
}

}  // namespace
}  // namespace workspace
