#include "libworkspace/model/private_network.h"

#include <set>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::Pair;
using ::testing::StrEq;

PrivateNetwork lay_out(const std::vector<ClusterNode>& nodes, std::string_view own,
                       const char* subnet = "10.200.0.0/16") {
  return lay_out_private_network(JobId(42), nodes, own, PrivateSubnet::parse(subnet),
                                 VxlanId::of(JobId(42), 14789), HypervisorKind::kQemu);
}

TEST(PrivateSubnet, GivesAddressesInOrder) {
  const struct {
    const char* subnet;
    std::size_t index;
    const char* address;
    std::size_t capacity;
  } cases[] = {
      {"10.200.0.0/16", 0, "10.200.0.1", 65534},
      {"10.200.0.0/16", 255, "10.200.1.0", 65534},
      {"10.200.0.0/16", 65533, "10.200.255.254", 65534},
      {"192.168.7.128/25", 125, "192.168.7.254", 126},
      {"172.16.0.4/30", 1, "172.16.0.6", 2},
      {"10.0.0.0/8", 0, "10.0.0.1", 16777214},
  };
  for (const auto& c : cases) {
    const auto subnet = PrivateSubnet::parse(c.subnet);
    EXPECT_EQ(subnet.address(c.index), c.address);
    EXPECT_EQ(subnet.capacity(), c.capacity) << c.subnet;
  }
}

TEST(PrivateSubnet, RefusesWhatIsNone) {
  const std::string no_range =
      " is not an IPv4 range such as 10.200.0.0/16, with a prefix of 8 to 30 bits";
  const struct {
    const char* text;
    std::string reason;
  } cases[] = {
      {"", no_range},
      {"10.200.0.0", no_range},
      {"10.200.0.0/", no_range},
      {"10.200.0.0/7", no_range},
      {"10.200.0.0/31", no_range},
      {"10.200.0.0/-1", no_range},
      {"10.200.0/16", no_range},
      {"fd00::/16", no_range},
      {"10.200.0.1/16", " has bits set behind its prefix"},
      {"127.0.0.0/8", " is not a range for hosts"},
      {"0.0.0.0/8", " is not a range for hosts"},
      {"224.0.0.0/16", " is not a range for hosts"},
  };
  for (const auto& c : cases)
    expect_error([&] { PrivateSubnet::parse(c.text); }, ErrorKind::kInvalid,
                 StrEq("'" + std::string(c.text) + "'" + c.reason));
}

/// Two jobs with one VXLAN would be one network.
TEST(VxlanId, NoTwoJobsShareOne) {
  std::set<std::pair<std::uint32_t, std::uint16_t>> seen;
  for (const std::uint32_t job : {1U, 42U, 0xffffffU, 0x1000000U, 0x1000001U, 0x100002aU,
                                  0x200002aU, 0x3ff002aU, 0x3ffffffU, UINT32_MAX}) {
    const VxlanId id = VxlanId::of(JobId(job), 14789);
    EXPECT_LT(id.vni, 1U << 24);
    EXPECT_TRUE(seen.insert({id.vni, id.udp_port}).second) << job;
  }
  EXPECT_EQ(VxlanId::of(JobId(0x3ffffff), 14789).udp_port, 14792);
  EXPECT_EQ(VxlanId::of(JobId(UINT32_MAX), VxlanId::kHighestFirstPort).udp_port, 65535);
}

TEST(PrivateNetwork, EveryNodeFindsTheSame) {
  const std::vector<ClusterNode> nodes = {
      {"node7", "10.77.0.7"}, {"node1", "10.77.0.1"}, {"node3", "10.77.0.3"}};
  const auto first = lay_out(nodes, "node7");
  const auto second = lay_out(nodes, "node1");
  EXPECT_EQ(first.hosts(), second.hosts());
  EXPECT_THAT(first.hosts(), ElementsAre(Pair("node7", "10.200.0.1"), Pair("node1", "10.200.0.2"),
                                         Pair("node3", "10.200.0.3")));
  EXPECT_EQ(second.own.guest_address, "10.200.0.2");
  EXPECT_EQ(second.own.guest_mac, "52:54:00:78:00:01");
  EXPECT_EQ(second.own.guest_mac, first.peers[0].guest_mac);
  EXPECT_EQ(first.peers[0].node_address, "10.77.0.1");
  EXPECT_EQ(first.prefix_length, 16U);
}

TEST(PrivateNetwork, RefusesWhatCannotBe) {
  const std::vector<ClusterNode> nodes = {{"a", "1.1.1.1"}, {"b", "1.1.1.2"}, {"c", "1.1.1.3"}};
  expect_error(
      [&] { lay_out(nodes, "a", "10.0.0.0/30"); }, ErrorKind::kExceeded,
      "the job has 3 nodes, but this site's private networks (private_network_subnet) have "
      "room for 2");
  expect_error([&] { lay_out(nodes, "d"); }, ErrorKind::kHost, "node d is not among the job's");
}

TEST(PrivateNetwork, KnowsNodesThatShareAnAddress) {
  EXPECT_TRUE(lay_out({{"a", "1.1.1.1"}, {"b", "1.1.1.2"}}, "a").nodes_have_own_addresses());
  EXPECT_FALSE(lay_out({{"a", "1.1.1.1"}, {"b", "1.1.1.1"}}, "a").nodes_have_own_addresses());
  EXPECT_FALSE(lay_out({{"a", "1.1.1.1"}, {"b", "1.1.1.2"}, {"c", "1.1.1.2"}}, "a")
                   .nodes_have_own_addresses());
}

TEST(PrivateGuestMac, IsOfTheHypervisorsRange) {
  EXPECT_EQ(private_guest_mac(HypervisorKind::kQemu, 0), "52:54:00:78:00:00");
  EXPECT_EQ(private_guest_mac(HypervisorKind::kXen, 0x1ff), "00:16:3e:78:01:ff");
}

}  // namespace
}  // namespace workspace
