#include "libworkspace/slurm/job_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HostsInList, KeepTheListsOrder) {
  EXPECT_THAT(hosts_in_list("node[9-11,3],login"),
              ElementsAre("node9", "node10", "node11", "node3", "login"));
  EXPECT_THAT(hosts_in_list("a"), ElementsAre("a"));
  EXPECT_THAT(hosts_in_list(""), IsEmpty());
}

}  // namespace
}  // namespace workspace
