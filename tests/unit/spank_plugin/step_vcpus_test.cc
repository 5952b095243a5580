#include "spank_plugin/step_vcpus.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

using Numbers = std::vector<std::uint32_t>;

cpu_set_t set_of(const Numbers& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const auto cpu : cpus) CPU_SET(cpu, &set);
  return set;
}

TEST(StepVcpus, AreTheVcpusOfTheTasksCpus) {
  const struct {
    Numbers job_cpus;
    Numbers bound;
    Numbers vcpus;
  } cases[] = {
      {{4, 5, 6, 7}, {5, 7}, {1, 3}},
      {{4, 5, 6, 7}, {0, 1, 6}, {2}},
      // The vCPUs' order is Slurm's, not the machine's.
      {{0, 4, 1, 5}, {4}, {1}},
      {{4, 5}, {4, 5}, {}},
      {{4, 5}, {0, 1, 2, 3, 4, 5}, {}},
      {{4, 5}, {0, 1}, {}},
      {{}, {0}, {}},
      {{5000, 1}, {1}, {1}},
  };
  for (const auto& c : cases) EXPECT_EQ(step_vcpus(c.job_cpus, set_of(c.bound)), c.vcpus);
}

TEST(StepVcpus, ATasksOwnProcessStaysOnTheJobsCpus) {
  const struct {
    Numbers job_cpus;
    Numbers bound;
    Numbers own;
  } cases[] = {
      {{4, 5, 6}, {5, 6}, {5, 6}}, {{4, 5}, {0, 1, 2, 3, 4, 5}, {4, 5}},
      {{4, 5}, {0, 1, 5}, {5}},    {{4, 5}, {0, 1}, {4, 5}},
      {{}, {0, 1}, {0, 1}},        {{5000, 1}, {0, 1}, {1}},
  };
  for (const auto& c : cases) {
    const cpu_set_t own = own_cpus(c.job_cpus, set_of(c.bound));
    const cpu_set_t expected = set_of(c.own);
    EXPECT_TRUE(CPU_EQUAL(&own, &expected));
  }
}

}  // namespace
}  // namespace workspace
