#include "libworkspace/slurm/node_detail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace {
namespace {

using ::testing::ElementsAre;

TEST(NodeDetailTest, ReadsOneNodesShare) {
  const auto detail = parse_node_detail("     Nodes=node[1-2] CPU_IDs=0-1,4-5 Mem=512 GRES=gpu:1");
  ASSERT_TRUE(detail);
  EXPECT_EQ(detail->nodes, "node[1-2]");
  EXPECT_THAT(detail->cpu_ids, ElementsAre(0, 1, 4, 5));
  EXPECT_EQ(detail->memory_mib, 512U);
  EXPECT_EQ(detail->gres, "gpu:1");
}

TEST(NodeDetailTest, AcceptsTheShortestLine) {
  const auto detail = parse_node_detail("Nodes=n CPU_IDs=7 Mem=0");
  ASSERT_TRUE(detail);
  EXPECT_THAT(detail->cpu_ids, ElementsAre(7));
  EXPECT_EQ(detail->memory_mib, 0U);
  EXPECT_EQ(detail->gres, "");
}

TEST(NodeDetailTest, TakesNoOtherLine) {
  const char* const cases[] = {
      "",
      "   ",
      "JobId=42 JobName=x",
      "   NumNodes=1 NumCPUs=2",
      "Nodes=node1",
      "Nodes=node1 CPU_IDs=0",
      "Nodes=node1 Mem=512 CPU_IDs=0",
      "Nodes=node1 CPU_IDs= Mem=512",
      "Nodes=node1 CPU_IDs=0-1, Mem=512",
      "Nodes=node1 CPU_IDs=1-0 Mem=512",
      "Nodes=node1 CPU_IDs=1,0 Mem=512",
      "Nodes=node1 CPU_IDs=0-4294967295 Mem=512",
      "Nodes=node1 CPU_IDs=0 Mem=512M",
      "Nodes=node1 CPU_IDs=0 Mem=-1",
      "x Nodes=node1 CPU_IDs=0 Mem=512",
  };
  for (const char* line : cases) EXPECT_FALSE(parse_node_detail(line)) << line;
}

}  // namespace
}  // namespace workspace
