#include "libworkspace/lifecycle/node_config.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

/// Two sockets of two cores of two threads.
CpuTopology two_sockets() {
  return {{0, 0, 0}, {1, 0, 0}, {2, 0, 1}, {3, 0, 1}, {4, 1, 0}, {5, 1, 0}, {6, 1, 1}, {7, 1, 1}};
}

CpuTopology without(const std::vector<std::uint32_t>& dom0s) {
  CpuTopology topology = two_sockets();
  for (const auto cpu : dom0s) topology[cpu].is_dom0s = true;
  return topology;
}

TEST(NodeConfigTest, StatesTheCpusThatAreNotDom0s) {
  const struct {
    CpuTopology topology;
    NodeSize size;
  } cases[] = {
      {two_sockets(), {8, 2, 2, 2, 0}},
      {without({0, 1, 4, 5}), {4, 2, 1, 2, 0}},  // a core of each socket
      {without({0, 1, 2, 3}), {4, 1, 2, 2, 0}},  // a whole socket
      {without({0, 1}), {6, 1, 3, 2, 0}},        // sockets that differ
      {without({0}), {7, 1, 7, 1, 0}},           // cores that differ
      {{{0, 0, 0}}, {1, 1, 1, 1, 0}},
      {{}, {0, 1, 0, 1, 0}},
  };
  for (const auto& c : cases) EXPECT_EQ(size_of_cpus(c.topology), c.size);
}

TEST(NodeConfigTest, TellsWhatXenNeedsBesideTheLine) {
  const std::string overrides =
      "# slurmd sees dom0 alone: SlurmdParameters=config_overrides makes it take this line.\n";
  EXPECT_EQ(xen_remarks(without({0, 1}), 512),
            overrides + "# Without the 2 CPUs that dom0 is bound to.\n");
  EXPECT_EQ(xen_remarks(without({0}), 512),
            overrides + "# Without the CPU that dom0 is bound to.\n");
  EXPECT_EQ(xen_remarks(two_sockets(), 511),
            overrides +
                "# No CPU is dom0's own, so it takes its time from the jobs; for one of its own "
                "boot Xen with dom0_max_vcpus=1 dom0_vcpus_pin.\n"
                "# dom0 has nearly all memory, and nothing is taken from it; for a share of its "
                "own boot Xen with dom0_mem=2048M,max:2048M.\n");
}

TEST(NodeConfigTest, LeavesTheNodesSystemItsMemory) {
  EXPECT_EQ(memory_beside_system_mib(65536), 61440U);
  EXPECT_EQ(memory_beside_system_mib(4096), 3584U);
  EXPECT_EQ(memory_beside_system_mib(512), 0U);
  EXPECT_EQ(memory_beside_system_mib(0), 0U);
}

}  // namespace
}  // namespace workspace
