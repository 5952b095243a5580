#include "libworkspace/lifecycle/cap_plan.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

SiteConfig some_site() {
  SiteConfig site;
  site.caps.all.disk_kib_per_s = 10 << 10;
  site.caps.all.network_in_kib_per_s = 20 << 10;
  site.caps.of_qos["fast"].disk_kib_per_s = 100 << 10;
  site.caps.gres = {"wsiops", "wsdisk", "", "wsout"};
  return site;
}

RateCaps caps_of(std::vector<AllocatedGres> gres, const std::string& qos = "",
                 const RateCaps& image_caps = {}) {
  Allocation allocation(JobId(42));
  allocation.qos = qos;
  allocation.gres = std::move(gres);
  Manifest image(ImageName::parse("tiny"), ImageVersion::parse("1"));
  image.caps = image_caps;
  return plan_caps(allocation, image, some_site());
}

/// Rates in MiB per second.
RateCaps caps(std::optional<std::uint64_t> iops, std::optional<std::uint64_t> disk,
              std::optional<std::uint64_t> in, std::optional<std::uint64_t> out) {
  for (auto* rate : {&disk, &in, &out})
    if (*rate) *rate = **rate << 10;
  return {iops, disk, in, out};
}

TEST(CapPlan, IsTheSitesWhereNothingIsCounted) {
  EXPECT_EQ(caps_of({}), caps({}, 10, 20, {}));
  EXPECT_EQ(caps_of({{"gpu", {0, 1}}, {"other", {}, 7}}), caps({}, 10, 20, {}));
  EXPECT_EQ(caps_of({}, "fast"), caps({}, 100, 20, {}));
}

TEST(CapPlan, IsWhatTheJobHasOfWhatIsCounted) {
  EXPECT_EQ(caps_of({{"wsiops", {}, 500}, {"wsdisk", {}, 50}, {"wsout", {}, 5}}),
            caps(500, 50, 20, 5));
  EXPECT_EQ(caps_of({{"wsdisk", {}, 50}}, "fast"), caps({}, 50, 20, {}));
  // Of two types.
  EXPECT_EQ(caps_of({{"wsdisk", {}, 50}, {"wsdisk", {}, 3}}), caps({}, 53, 20, {}));
  // A name with devices counts nothing.
  EXPECT_EQ(caps_of({{"wsdisk", {0, 1}}}), caps({}, 10, 20, {}));
}

TEST(CapPlan, AnAbsurdCountIsTheMostThatThereIs) {
  EXPECT_EQ(caps_of({{"wsiops", {}, UINT64_MAX}, {"wsiops", {}, UINT64_MAX}}).disk_iops,
            RateCaps::kMaxIops);
  EXPECT_EQ(caps_of({{"wsdisk", {}, UINT64_MAX}}).disk_kib_per_s, RateCaps::kMaxKibPerS);
}

TEST(CapPlan, AnImageGoesBelowWhatIsCountedAndNeverAbove) {
  EXPECT_EQ(caps_of({{"wsdisk", {}, 50}}, "", caps({}, 40, {}, {})), caps({}, 40, 20, {}));
  EXPECT_EQ(caps_of({{"wsdisk", {}, 50}}, "", caps({}, 60, {}, {})), caps({}, 50, 20, {}));
}

}  // namespace
}  // namespace workspace
