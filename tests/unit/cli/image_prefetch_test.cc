#include "cli/image_prefetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using testing::expect_error;

TEST(PrefetchCommand, IsAJobOnEachOfTheNodesWithoutAWorkspace) {
  const auto words = prefetch_command("node[1-2],login-3", ImageRef::parse("tiny:1"));
  EXPECT_THAT(words, AllOf(Contains("--nodelist=node[1-2],login-3"),
                           Contains("--ntasks-per-node=1"), Contains("--workspace=none")));
  EXPECT_EQ(words.back(), "tiny:1");
  EXPECT_EQ(prefetch_command("n1", ImageRef::parse("tiny")).back(), "tiny");
}

TEST(PrefetchCommand, RefusesWhatIsNoListOfNodes) {
  for (const std::string nodes : {"", "node1;id", "node 1", "$(id)", "node1\n"}) {
    expect_error([&] { (void)prefetch_command(nodes, ImageRef::parse("tiny")); }, ErrorKind::kUsage,
                 ::testing::EndsWith("is no list of nodes, such as node[1-8]"));
  }
}

}  // namespace
}  // namespace workspace::cli
