#include "libworkspace/model/rate_caps.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

constexpr std::uint64_t kNone = RateCaps::kNone;

RateCaps caps(std::optional<std::uint64_t> iops, std::optional<std::uint64_t> disk) {
  RateCaps caps;
  caps.disk_iops = iops;
  caps.disk_kib_per_s = disk;
  return caps;
}

TEST(RateCaps, TheQosGoesBeforeThePartitionAndThatBeforeAll) {
  SiteCaps site;
  site.all = caps(100, 10);
  site.of_partitions["debug"] = caps(200, std::nullopt);
  site.of_qos["fast"] = caps(kNone, std::nullopt);
  EXPECT_EQ(site.of("batch", "normal"), caps(100, 10));
  EXPECT_EQ(site.of("debug", "normal"), caps(200, 10));
  EXPECT_EQ(site.of("debug", "fast"), caps(kNone, 10));
  EXPECT_EQ(site.of("", ""), caps(100, 10));
  EXPECT_EQ(SiteCaps().of("debug", "fast"), RateCaps());
}

TEST(RateCaps, AnImageGoesBelowTheSiteAndNeverAbove) {
  const struct {
    std::optional<std::uint64_t> site;
    std::optional<std::uint64_t> image;
    std::uint64_t bound;
  } cases[] = {
      {100, 50, 50},
      {100, 200, 100},
      {100, std::nullopt, 100},
      {std::nullopt, 50, 50},
      {kNone, 50, 50},
      {std::nullopt, std::nullopt, 0},
      {kNone, std::nullopt, 0},
  };
  for (const auto& c : cases) {
    const RateCaps both = caps(c.site, {}).narrowed_by(caps(c.image, {}));
    EXPECT_EQ(bound_or_zero(both.disk_iops), c.bound);
  }
}

TEST(RateCaps, OfDisksAreSeenWhereverTheyAre) {
  SiteCaps site;
  site.all.network_in_kib_per_s = 5;
  site.of_qos["fast"] = caps(kNone, kNone);
  EXPECT_FALSE(site.of_disks());
  site.of_partitions["debug"] = caps({}, 7);
  EXPECT_TRUE(site.of_disks());
}

TEST(RateCaps, EachValueIsByItself) {
  RateCaps site;
  site.network_in_kib_per_s = 10;
  site.network_out_kib_per_s = 20;
  RateCaps image = caps(7, 8);
  image.network_out_kib_per_s = 5;
  RateCaps both = caps(7, 8);
  both.network_in_kib_per_s = 10;
  both.network_out_kib_per_s = 5;
  EXPECT_EQ(site.narrowed_by(image), both);
}

}  // namespace
}  // namespace workspace
