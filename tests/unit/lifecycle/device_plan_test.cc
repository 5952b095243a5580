#include "libworkspace/lifecycle/device_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

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
  const PlannedDevice gpu0{"gpu 0", kGpu0};
  const PlannedDevice sound0{"gpu 0", kSound0};
  const PlannedDevice gpu1{"gpu 1", kGpu1};
  EXPECT_THAT(plan_devices(allocation_of({}), some_site()), ElementsAre());
  EXPECT_THAT(plan_devices(allocation_of({{"gpu", {1}}}), some_site()), ElementsAre(gpu1));
  EXPECT_THAT(plan_devices(allocation_of({{"gpu", {0, 1}}}), some_site()),
              ElementsAre(gpu0, sound0, gpu1));
  EXPECT_THAT(plan_devices(allocation_of({{"nic", {0}}, {"gpu", {1}}}), some_site()),
              ElementsAre(gpu1));
  EXPECT_THAT(all_devices(some_site()), ElementsAre(gpu0, sound0, gpu1));
}

TEST(DevicePlan, MissesNoDeviceInSilence) {
  expect_error(
      [] {
        plan_devices(allocation_of({{"gpu", {2}}}), some_site());
      },
      ErrorKind::kHost,
      "the job has gpu 2 of node1, but devices in workspace.yaml names only 2 there");
}

/// What the kernel tells of a machine with one device.
class CheckDeviceTest : public ::testing::Test {
 protected:
  void make_folder(const std::string& path) const {
    std::filesystem::create_directories(sysfs() + path);
  }
  [[nodiscard]] std::string sysfs() const { return temporary_.path(); }
  void expect_refusal(HypervisorKind kind, const char* text) const {
    expect_error([&] { check_device(device_, kind, sysfs()); }, ErrorKind::kHost, text);
  }

  testing::TemporaryFolder temporary_;
  const PlannedDevice device_{"gpu 1", kGpu1};
  const std::string folder_ = "/bus/pci/devices/0000:86:00.0";
};

TEST_F(CheckDeviceTest, SaysWhatIsMissingAndWhatToDo) {
  for (const auto kind : {HypervisorKind::kQemu, HypervisorKind::kXen}) {
    expect_refusal(kind,
                   "the node has no PCI device 0000:86:00.0 (gpu 1); correct devices in "
                   "workspace.yaml by lspci -D");
  }
  make_folder(folder_);
  expect_refusal(HypervisorKind::kQemu,
                 "PCI device 0000:86:00.0 (gpu 1) cannot be passed to a VM without an IOMMU; turn "
                 "it on in the firmware and boot the node with intel_iommu=on");
  expect_refusal(HypervisorKind::kXen,
                 "PCI device 0000:86:00.0 (gpu 1) cannot be passed to a VM without Xen's driver; "
                 "modprobe xen-pciback");
}

TEST_F(CheckDeviceTest, IsFineWithWhatTheHypervisorNeeds) {
  make_folder(folder_ + "/iommu_group");
  check_device(device_, HypervisorKind::kQemu, sysfs());
  make_folder("/bus/pci/drivers/pciback");
  check_device(device_, HypervisorKind::kXen, sysfs());
}

}  // namespace
}  // namespace workspace
