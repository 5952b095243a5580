#include "libworkspace/lifecycle/cpu_plan.h"

#include <gmock/gmock.h>

namespace workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const CpuTopology kTwoNodes = {{0, 0, 0, 0}, {1, 0, 1, 0}, {2, 1, 0, 1}, {3, 1, 1, 1}};

Allocation upper_half() {
  Allocation allocation(JobId(42));
  allocation.node_name = "node1";
  allocation.node_cpus = 4;
  allocation.cpus = 2;
  allocation.cpu_ids = {2, 3};
  return allocation;
}

TEST(CpuPlanTest, OnQemuAllThatWorksForTheJobIsBound) {
  const CpuPlan plan = plan_cpus(upper_half(), kTwoNodes, HypervisorKind::kQemu, {});
  EXPECT_THAT(plan.allocated, ElementsAre(2, 3));
  EXPECT_THAT(plan.pinned, ElementsAre(2, 3));
  EXPECT_THAT(plan.helpers, ElementsAre(2, 3));
  EXPECT_EQ(plan.numa_node, 1);
}

TEST(CpuPlanTest, OnXenDom0sProcessesStayOnDom0sCpus) {
  const CpuPlan plan = plan_cpus(upper_half(), kTwoNodes, HypervisorKind::kXen, {});
  EXPECT_THAT(plan.pinned, ElementsAre(2, 3));
  EXPECT_THAT(plan.helpers, IsEmpty());
}

TEST(CpuPlanTest, ASiteMayLeaveItToTheHypervisor) {
  SiteConfig site;
  site.pin_vcpus = false;
  const CpuPlan plan = plan_cpus(upper_half(), kTwoNodes, HypervisorKind::kQemu, site);
  EXPECT_THAT(plan.allocated, ElementsAre(2, 3));  // for --cpu-bind
  EXPECT_THAT(plan.pinned, IsEmpty());
  EXPECT_THAT(plan.helpers, IsEmpty());
  EXPECT_EQ(plan.numa_node, std::nullopt);
}

TEST(CpuPlanTest, AWrongConfigurationIsLoggedAndBindsNothing) {
  Allocation allocation = upper_half();
  allocation.node_cpus = 16;
  ::testing::internal::CaptureStderr();
  const CpuPlan plan = plan_cpus(allocation, kTwoNodes, HypervisorKind::kQemu, {});
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              ::testing::HasSubstr("the job's CPUs are not bound: slurm.conf states 16 CPUs for "
                                   "node1, the machine has 4; see workspace node config"));
  EXPECT_THAT(plan.pinned, IsEmpty());
}

}  // namespace
}  // namespace workspace
