#include "libworkspace/network/private_segment_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace {
namespace {

using ::testing::ElementsAre;

PrivateNetwork some_network() {
  const std::vector<ClusterNode> nodes = {
      {"node1", "10.77.0.1"}, {"node2", "10.77.0.2"}, {"node3", "10.77.0.3"}};
  const JobId job(0x100002a);
  auto network = lay_out_private_network(job, nodes, "node2", PrivateSubnet::parse("10.200.0.0/16"),
                                         VxlanId::of(job, 14789), HypervisorKind::kQemu);
  network.mtu_bytes = 1450;
  return network;
}

TEST(PrivateSegmentCommands, TheGuardTakesOnlyThePeersKernels) {
  EXPECT_EQ(guard_ruleset(some_network()), R"(add table ip workspace-16777258
delete table ip workspace-16777258
table ip workspace-16777258 {
  set peers {
    type ipv4_addr
    elements = { 10.77.0.1, 10.77.0.3 }
  }
  chain input {
    type filter hook input priority raw; policy accept;
    udp dport 14790 @th,96,24 42 udp sport >= 1024 drop
    udp dport 14790 @th,96,24 42 ip saddr != @peers drop
  }
}
)");
}

TEST(PrivateSegmentCommands, TheBridgeHasNoAddress) {
  EXPECT_THAT(bridge_commands(some_network()),
              ElementsAre("link add private type bridge stp_state 0 forward_delay 0 "
                          "mcast_snooping 0",
                          "link set dev private mtu 1450 up"));
}

TEST(PrivateSegmentCommands, TheVxlanIsBornInTheJobsNamespace) {
  EXPECT_THAT(
      vxlan_commands(some_network()),
      ElementsAre("link add vxlan mtu 1450 netns ws-16777258 type vxlan id 42 dstport 14790 "
                  "local 10.77.0.2 srcport 512 1023 nolearning"));
}

TEST(PrivateSegmentCommands, WhatGoesToAllIsSentToEachPeer) {
  EXPECT_THAT(forwarding_commands(some_network()),
              ElementsAre("fdb append 00:00:00:00:00:00 dev vxlan dst 10.77.0.1",
                          "fdb add 52:54:00:78:00:00 dev vxlan dst 10.77.0.1",
                          "fdb append 00:00:00:00:00:00 dev vxlan dst 10.77.0.3",
                          "fdb add 52:54:00:78:00:02 dev vxlan dst 10.77.0.3"));
}

}  // namespace
}  // namespace workspace
