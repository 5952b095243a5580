#include "libworkspace/lifecycle/job_environment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <vector>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

const std::map<std::string, std::string> kWhole = {{"SLURM_JOB_ID", "42"},
                                                   {"SLURM_JOB_UID", "1001"},
                                                   {"SLURMD_NODENAME", "node1"},
                                                   {"SLURM_CONF", "/etc/slurm/slurm.conf"}};

/// What take() makes of these variables alone.
std::string taken(const std::map<std::string, std::string>& variables) {
  ::clearenv();
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  try {
    const JobEnvironment job = JobEnvironment::take();
    return job.job.to_string() + " " + std::to_string(job.uid) + " " +
           std::to_string(job.restart_count) + " " + job.node_name + " " +
           job.request.value_or("(none)");
  } catch (const Error& e) {
    return e.text();
  }
}

class JobEnvironmentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (char** entry = environ; *entry != nullptr; ++entry) saved_.emplace_back(*entry);
  }
  void TearDown() override {
    ::clearenv();
    for (const auto& entry : saved_) {
      const auto equals = entry.find('=');
      ::setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
    }
  }

 private:
  std::vector<std::string> saved_;
};

TEST_F(JobEnvironmentTest, ReadsWhatSlurmdSays) {
  EXPECT_EQ(taken(kWhole), "42 1001 0 node1 (none)");
  auto asked = kWhole;
  asked["SPANK_WORKSPACE"] = "1 image=x";
  asked["SLURM_JOB_RESTART_COUNT"] = "2";
  EXPECT_EQ(taken(asked), "42 1001 2 node1 1 image=x");
}

TEST_F(JobEnvironmentTest, KeepsNothingOfTheUsersBehind) {
  auto hostile = kWhole;
  hostile["SPANK_LD_PRELOAD"] = "/tmp/evil.so";
  hostile["LD_PRELOAD"] = "";
  hostile["PATH"] = "/tmp";
  taken(hostile);
  EXPECT_EQ(std::getenv("SPANK_LD_PRELOAD"), nullptr);
  EXPECT_EQ(std::getenv("LD_PRELOAD"), nullptr);
  EXPECT_STREQ(std::getenv("PATH"), "/usr/sbin:/usr/bin:/sbin:/bin");
  EXPECT_STREQ(std::getenv("SLURM_CONF"), "/etc/slurm/slurm.conf");
}

TEST_F(JobEnvironmentTest, RefusesACallThatIsNotSlurmds) {
  struct Case {
    std::string name;
    const char* value;  ///< nullptr: not set
    std::string message;
  };
  const Case cases[] = {
      {"SLURM_JOB_ID", nullptr,
       "SLURM_JOB_ID is not in the environment; this program is called by slurmd, as Prolog or "
       "Epilog in slurm.conf"},
      {"SLURM_JOB_ID", "0", "SLURM_JOB_ID is not the number of a job"},
      {"SLURM_JOB_ID", "42;rm", "SLURM_JOB_ID is not the number of a job"},
      {"SLURM_JOB_UID", "-1", "SLURM_JOB_UID is '-1', no number"},
      {"SLURM_JOB_UID", "4294967296", "SLURM_JOB_UID is '4294967296', no number"},
      {"SLURM_JOB_RESTART_COUNT", "x", "SLURM_JOB_RESTART_COUNT is 'x', no number"},
  };
  for (const auto& c : cases) {
    auto variables = kWhole;
    variables.erase(c.name);
    if (c.value != nullptr) variables[c.name] = c.value;
    EXPECT_EQ(taken(variables), c.message);
  }
}

}  // namespace
}  // namespace workspace
