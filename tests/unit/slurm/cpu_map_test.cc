#include "libworkspace/slurm/cpu_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

/// Two sockets of two cores of two threads, numbered as Intel machines do: the first threads of all
/// cores, then the second ones; the sockets alternate.
CpuTopology two_sockets() {
  return {{0, 0, 0}, {1, 1, 0}, {2, 0, 1}, {3, 1, 1}, {4, 0, 0}, {5, 1, 0}, {6, 0, 1}, {7, 1, 1}};
}

Allocation allocation(std::uint32_t node_cpus, std::vector<std::uint32_t> ids) {
  Allocation result(JobId(42));
  result.node_cpus = node_cpus;
  result.cpus = static_cast<std::uint32_t>(ids.size());
  result.cpu_ids = std::move(ids);
  return result;
}

TEST(CpuMapTest, FindsTheMachinesCpusBehindSlurmsNumbers) {
  const CpuTopology one_socket = {{3, 0, 3}, {1, 0, 1}, {0, 0, 0}, {2, 0, 2}};
  // Core and socket numbers need not rise with the CPUs'.
  const CpuTopology reversed = {{0, 1, 9}, {1, 1, 4}, {2, 0, 9}, {3, 0, 4}};
  const struct {
    CpuTopology topology;
    std::vector<std::uint32_t> abstract;
    std::vector<std::uint32_t> machine;
  } cases[] = {
      {one_socket, {0, 1, 2, 3}, {0, 1, 2, 3}},
      {two_sockets(), {0, 1, 2, 3, 4, 5, 6, 7}, {0, 4, 2, 6, 1, 5, 3, 7}},
      {two_sockets(), {2, 3}, {2, 6}},
      {reversed, {0, 3}, {0, 3}},
  };
  for (const auto& c : cases) {
    const auto node_cpus = static_cast<std::uint32_t>(c.topology.size());
    EXPECT_THAT(machine_cpus(allocation(node_cpus, c.abstract), c.topology),
                ElementsAreArray(c.machine));
  }
}

TEST(CpuMapTest, LeavesOutDom0sCpusWhereTheConfigurationDoes) {
  CpuTopology topology = two_sockets();
  for (auto& cpu : topology) cpu.is_dom0s = cpu.id == 0 || cpu.id == 4;  // the first core
  EXPECT_THAT(machine_cpus(allocation(6, {0, 1, 2, 5}), topology), ElementsAre(1, 5, 3, 6));
  // A site that states the whole machine has its jobs share dom0's.
  EXPECT_THAT(machine_cpus(allocation(8, {0, 1, 2}), topology), ElementsAre(0, 4, 2));
  EXPECT_THAT(machine_cpus(allocation(7, {0}), topology), IsEmpty());
}

TEST(CpuMapTest, PinsNothingWhereTheNumbersCannotBeTrusted) {
  Allocation short_list = allocation(8, {0, 1});
  short_list.cpus = 3;  // as where each CPU of the configuration is a whole core
  const Allocation cases[] = {allocation(4, {0, 1}), allocation(16, {0, 1}), allocation(8, {8}),
                              short_list, allocation(8, {})};
  for (const auto& a : cases) EXPECT_TRUE(machine_cpus(a, two_sockets()).empty());
  EXPECT_TRUE(machine_cpus(allocation(0, {0}), {}).empty());
}

}  // namespace
}  // namespace workspace
