#include "libworkspace/model/cpu_topology.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

TEST(CommonNumaNodeTest, IsTheOneThatAllCpusAreOn) {
  const CpuTopology two_nodes = {{0, 0, 0, 0}, {1, 0, 1, 0}, {2, 1, 0, 4}, {3, 1, 1, 4}};
  const CpuTopology one_node = {{0, 0, 0, 7}, {1, 0, 1, 7}};
  const struct {
    CpuTopology topology;
    std::vector<std::uint32_t> cpus;
    std::optional<std::uint32_t> node;
  } cases[] = {
      {two_nodes, {0, 1}, 0},
      {two_nodes, {3}, 4},
      {two_nodes, {1, 2}, std::nullopt},
      {two_nodes, {0, 9}, std::nullopt},
      {two_nodes, {}, std::nullopt},
      {one_node, {0}, std::nullopt},
      {{}, {0}, std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(common_numa_node(c.cpus, c.topology), c.node);
}

}  // namespace
}  // namespace workspace
