#include "spank_plugin/workspace_exec/task_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>

namespace workspace::exec {
namespace {

using ::testing::ElementsAre;

ResourceLimit limit_of(const std::vector<ResourceLimit>& limits, const std::string& name) {
  const auto at = std::find_if(limits.begin(), limits.end(),
                               [&](const auto& limit) { return limit.name == name; });
  EXPECT_NE(at, limits.end()) << name;
  return at == limits.end() ? ResourceLimit{} : *at;
}

TEST(TaskEnvironment, LosesOnlySlurmsLimits) {
  const char* const environment[] = {"A=1", "SLURM_RLIMIT_CORE=0", "SLURM_JOB_ID=42", "odd",
                                     nullptr};
  EXPECT_THAT(task_environment(environment), ElementsAre("A=1", "SLURM_JOB_ID=42", "odd"));
}

TEST(TaskLimits, AreTheUsersAtSubmission) {
  struct rlimit own {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &own), 0);
  const char* const environment[] = {"SLURM_RLIMIT_NOFILE=100", "SLURM_RLIMIT_CORE=U0",
                                     "SLURM_RLIMIT_STACK=garbage", nullptr};
  const auto limits = task_limits(environment);
  EXPECT_EQ(limit_of(limits, "nofile").soft, 100U);
  EXPECT_EQ(limit_of(limits, "nofile").hard, own.rlim_max);
  EXPECT_EQ(limit_of(limits, "core").soft, 0U);
  ASSERT_EQ(::getrlimit(RLIMIT_STACK, &own), 0);
  EXPECT_EQ(limit_of(limits, "stack").soft, own.rlim_cur);
}

TEST(TaskLimits, StayBelowTheHardLimit) {
  for (const char* unlimited :
       {"SLURM_RLIMIT_NOFILE=-1", "SLURM_RLIMIT_NOFILE=18446744073709551615"}) {
    const char* const environment[] = {unlimited, nullptr};
    const ResourceLimit limit = limit_of(task_limits(environment), "nofile");
    EXPECT_EQ(limit.soft, limit.hard);
  }
}

}  // namespace
}  // namespace workspace::exec
