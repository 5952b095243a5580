#include "libworkspace/catalog/cap_keys.h"

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

YamlMap map_of(const std::string& text) { return YamlMap::parse(text, "f"); }

TEST(CapKeys, OfASiteMayGoByPartitionAndQos) {
  const SiteCaps caps = cap_keys::read_site(
      map_of("disk_iops: 2000\ndisk_bandwidth: 200M\nnetwork_in: 1G\nnetwork_out: 512K\n"
             "partitions: {debug: {disk_iops: 10}}\n"
             "qos: {fast: {disk_bandwidth: none}, slow: {network_in: 3}}\n"));
  EXPECT_EQ(caps.all.disk_iops, 2000U);
  EXPECT_EQ(caps.all.disk_kib_per_s, 200U << 10);
  EXPECT_EQ(caps.all.network_in_kib_per_s, 1U << 20);
  EXPECT_EQ(caps.all.network_out_kib_per_s, 512U);
  EXPECT_EQ(caps.of("debug", "").disk_iops, 10U);
  EXPECT_EQ(caps.of("", "fast").disk_kib_per_s, RateCaps::kNone);
  EXPECT_EQ(caps.of("", "slow").network_in_kib_per_s, 3072U);
}

TEST(CapKeys, ReadBackWhatWasWritten) {
  RateCaps caps;
  EXPECT_EQ(cap_keys::format(caps), "");
  caps.disk_iops = 7;
  caps.network_in_kib_per_s = 2 << 20;
  caps.network_out_kib_per_s = 1025;
  EXPECT_EQ(cap_keys::format(caps), "  disk_iops: 7\n  network_in: 2G\n  network_out: 1025K\n");
  EXPECT_EQ(cap_keys::read(map_of("caps:\n" + cap_keys::format(caps)).required_map("caps")), caps);
}

TEST(CapKeys, AreRefused) {
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {"disk_iops: 0", "f:1: disk_iops must be more than 0"},
      {"disk_iops: -1", "f:1: disk_iops '-1' is not a whole number up to 1000000000"},
      {"disk_iops: 1.5", "f:1: disk_iops '1.5' is not a whole number up to 1000000000"},
      {"disk_iops: 1000000001",
       "f:1: disk_iops '1000000001' is not a whole number up to 1000000000"},
      {"disk_iops: 99999999999999999999999",
       "f:1: disk_iops '99999999999999999999999' is not a whole number up to 1000000000"},
      {"disk_bandwidth: 0M", "f:1: disk_bandwidth must be more than 0"},
      {"disk_bandwidth: -5M",
       "f:1: disk_bandwidth '-5M' is not a size; expected a size such as 512M, 20G or 1T"},
      {"disk_bandwidth: 100Mbit",
       "f:1: disk_bandwidth '100Mbit' has an unknown unit; expected a size such as 512M, 20G or "
       "1T"},
      {"network_in: 2T", "f:1: network_in '2T' is more than 1T per second"},
      {"network_in: 18446744073709551616",
       "f:1: network_in '18446744073709551616' is not a size; expected a size such as 512M, 20G "
       "or 1T"},
      {"network_out: 17179869184G",
       "f:1: network_out '17179869184G' is larger than 1024T; expected a size such as 512M, 20G "
       "or 1T"},
      {"network_out: fast",
       "f:1: network_out 'fast' is not a size; expected a size such as 512M, 20G or 1T"},
      {"disk_bandwith: 1M", "f:1: unknown key 'disk_bandwith'; did you mean 'disk_bandwidth'?"},
  };
  for (const auto& c : cases) {
    expect_error([&] { cap_keys::read(map_of(c.text)); }, ErrorKind::kInvalid, StrEq(c.message));
    expect_error([&] { cap_keys::read_site(map_of(c.text)); }, ErrorKind::kInvalid,
                 StrEq(c.message));
    expect_error([&] { cap_keys::read_site(map_of("qos: {q: {" + c.text + "}}")); },
                 ErrorKind::kInvalid, StrEq(c.message));
  }
}

TEST(CapKeys, OfAnImageLiftNothing) {
  expect_error([] { cap_keys::read(map_of("disk_bandwidth: none")); }, ErrorKind::kInvalid,
               StrEq("f:1: disk_bandwidth 'none' is not a size; expected a size such as 512M, 20G "
                     "or 1T"));
  expect_error([] { cap_keys::read(map_of("qos: {q: {disk_iops: 1}}")); }, ErrorKind::kInvalid,
               ::testing::StartsWith("f:1: unknown key 'qos'"));
}

TEST(CapKeys, OfASiteMayBeCountedByGres) {
  const SiteCaps caps =
      cap_keys::read_site(map_of("gres: {disk_iops: wsiops, network_out: wsout}"));
  EXPECT_EQ(caps.gres.disk_iops, "wsiops");
  EXPECT_EQ(caps.gres.disk_bandwidth, "");
  EXPECT_EQ(caps.gres.network_out, "wsout");
  EXPECT_TRUE(caps.of_disks());
  EXPECT_FALSE(cap_keys::read_site(map_of("gres: {network_in: wsin}")).of_disks());
  expect_error([] { cap_keys::read_site(map_of("gres: {disk: wsdisk}")); }, ErrorKind::kInvalid,
               ::testing::StartsWith("f:1: unknown key 'disk'"));
  expect_error([] { cap_keys::read_site(map_of("gres: {network_in: \"a,b\"}")); },
               ErrorKind::kInvalid, ::testing::HasSubstr("'a,b' is not a name"));
  expect_error([] { cap_keys::read(map_of("gres: {network_in: wsin}")); }, ErrorKind::kInvalid,
               ::testing::StartsWith("f:1: unknown key 'gres'"));
}

TEST(CapKeys, OfASiteNameWhatTheyAreFor) {
  expect_error([] { cap_keys::read_site(map_of("qos: {\"a,b\": {disk_iops: 1}}")); },
               ErrorKind::kInvalid, ::testing::StartsWith("f:1: 'a,b' is not a name"));
  expect_error([] { cap_keys::read_site(map_of("partitions: {debug: 5}")); }, ErrorKind::kInvalid,
               StrEq("f:1: key 'debug' takes a map, not one value"));
}

}  // namespace
}  // namespace workspace
