#include "libworkspace/lifecycle/device_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

const PciAddress kGpu0{0, 0x3b, 0, 0};
const PciAddress kSound0{0, 0x3b, 0, 1};
const PciAddress kGpu1{0, 0x86, 0, 0};

SiteConfig some_site() {
  SiteConfig site;
  site.devices = {{"gpu", {{kGpu0, kSound0}, {kGpu1}}}};
  return site;
}

Allocation allocation_of(std::vector<AllocatedGres> gres) {
  Allocation allocation(JobId(42));
  allocation.node_name = "node1";
  allocation.gres = std::move(gres);
  return allocation;
}

TEST(DevicePlan, IsWhatSlurmGaveByTheSitesTable) {
  EXPECT_THAT(plan_devices(allocation_of({}), some_site()), ElementsAre());
  EXPECT_THAT(plan_devices(allocation_of({{"gpu", {1}}}), some_site()), ElementsAre(kGpu1));
  EXPECT_THAT(plan_devices(allocation_of({{"gpu", {0, 1}}}), some_site()),
              ElementsAre(kGpu0, kSound0, kGpu1));
  EXPECT_THAT(plan_devices(allocation_of({{"nic", {0}}, {"gpu", {1}}}), some_site()),
              ElementsAre(kGpu1));
}

TEST(DevicePlan, MissesNoDeviceInSilence) {
  expect_error(
      [] {
        plan_devices(allocation_of({{"gpu", {2}}}), some_site());
      },
      ErrorKind::kHost,
      "the job has gpu 2 of node1, but devices in workspace.yaml names only 2 there");
}

}  // namespace
}  // namespace workspace
