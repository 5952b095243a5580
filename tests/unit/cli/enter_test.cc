#include "cli/enter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;
using workspace::testing::expect_error;

const JobPlace kRunning{1000, "RUNNING", true, "node[1-2]", "node1", 2};

TEST(ChooseNode, IsTheFirstOrTheOneThatIsNamed) {
  EXPECT_EQ(choose_node(JobId(5), kRunning, 1000, std::nullopt), "node1");
  EXPECT_EQ(choose_node(JobId(5), kRunning, 1000, "node2"), "node2");
}

TEST(ChooseNode, RefusesWhatCannotBeEntered) {
  const struct {
    std::optional<JobPlace> place;
    std::optional<std::string> node;
    ErrorKind kind;
    const char* text;
  } cases[] = {
      {std::nullopt, std::nullopt, ErrorKind::kNotFound,
       "job 5 does not exist, or ended some time ago"},
      {JobPlace{1001, "RUNNING", true, "node1", "node1", 1}, std::nullopt, ErrorKind::kDenied,
       "job 5 is not yours; only its owner may enter it"},
      {JobPlace{1000, "PENDING", false, "", "", 0}, std::nullopt, ErrorKind::kNotFound,
       "job 5 is PENDING; only a running job can be entered"},
      {kRunning, "node3", ErrorKind::kNotFound, "job 5 is not on node 'node3'; it is on node[1-2]"},
  };
  for (const auto& c : cases)
    expect_error([&] { choose_node(JobId(5), c.place, 1000, c.node); }, c.kind, StrEq(c.text));
}

TEST(StepCommand, IsOneMoreStepOfTheJob) {
  EXPECT_THAT(step_command(JobId(5), "node1", true, {"ls", "-l"}),
              ElementsAre("srun", "--quiet", "--jobid=5", "--overlap", "--nodes=1", "--ntasks=1",
                          "--nodelist=node1", "--workspace=any", "--pty", "--", "ls", "-l"));
  EXPECT_THAT(step_command(JobId(5), "node1", false, {"ls"}),
              ::testing::Not(::testing::Contains("--pty")));
}

}  // namespace
}  // namespace workspace::cli
