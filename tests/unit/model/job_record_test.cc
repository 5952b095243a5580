#include "libworkspace/model/job_record.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

JobRecord full_record() {
  JobRecord record{JobId(42)};
  record.uid = 1000;
  record.gid = 1001;
  record.state = WorkspaceState::kFailed;
  record.reason = "the kernel's last words: panic\n% done";
  record.notice = "the image's system is degraded";
  record.image = "tiny:1";
  record.digest = "sha256:" + std::string(64, 'a');
  record.hostname = "node1";
  record.vcpus = 2;
  record.memory_mib = 576;
  record.disk_mib = 2048;
  record.memory_pinned = true;
  record.guest_address = "169.254.77.2";
  record.port = 7777;
  record.host_commands = HostCommands::parse("srun,squeue");
  record.slurm_bin = "/opt/slurm/bin";
  record.cpus = {4, 0};
  record.helper_cpus = {0, 4};
  record.task_prolog = "/site/task prolog";
  record.start_unix_ms = 1;
  record.ready_unix_ms = 2;
  record.suspended_since_unix_ms = 3;
  record.suspended_ms = 4;
  record.token = std::string(64, 'f');
  record.step_times_ms = {{"stage", 12}, {"boot", 2345}, {"authorise", 0}};
  return record;
}

TEST(JobRecord, GoesBothWays) {
  const std::string text = full_record().to_lines();
  const auto record = JobRecord::parse(text);
  EXPECT_EQ(record.to_lines(), text);
  EXPECT_EQ(record.job, JobId(42));
  EXPECT_EQ(record.state, WorkspaceState::kFailed);
  EXPECT_EQ(record.reason, full_record().reason);
  EXPECT_EQ(record.notice, full_record().notice);
  EXPECT_TRUE(record.memory_pinned);
  EXPECT_EQ(record.port, 7777);
  EXPECT_EQ(record.host_commands.to_string(), "srun,squeue");
  EXPECT_EQ(record.slurm_bin, "/opt/slurm/bin");
  EXPECT_EQ(record.cpus, (std::vector<std::uint32_t>{4, 0}));
  EXPECT_EQ(record.helper_cpus, (std::vector<std::uint32_t>{0, 4}));
  EXPECT_EQ(record.task_prolog, "/site/task prolog");
  EXPECT_EQ(record.start_unix_ms, 1U);
  EXPECT_EQ(record.ready_unix_ms, 2U);
  EXPECT_EQ(record.suspended_since_unix_ms, 3U);
  EXPECT_EQ(record.suspended_ms, 4U);
  EXPECT_EQ(record.step_times_ms, full_record().step_times_ms);
}

TEST(JobRecord, KnowsEveryState) {
  for (const auto state :
       {WorkspaceState::kPreparing, WorkspaceState::kRunning, WorkspaceState::kSuspended,
        WorkspaceState::kFailed, WorkspaceState::kEnding}) {
    auto record = full_record();
    record.state = state;
    EXPECT_EQ(JobRecord::parse(record.to_lines()).state, state) << name_of(state);
  }
}

TEST(JobRecord, RefusesADamagedOne) {
  const std::string good = full_record().to_lines();
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  struct Case {
    std::string text;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"", "field 'version' is missing"},
      {good.substr(0, good.size() - 1), "the last line is cut off"},
      {replaced("version=1", "version=2"), "its version is not 1"},
      {replaced("job_id=42", "job_id=0"), "'0' is not a job id"},
      {replaced("state=failed", "state=fine"), "'fine' is not a state"},
      {replaced("uid=1000", "uid=4294967296"),
       "field 'uid' is '4294967296', not a whole number up to 4294967295"},
      {replaced("cpus=4,0", "cpus=4,"), "'' is not a CPU"},
      {replaced("helper_cpus=0,4", "helper_cpus=0,-4"), "'-4' is not a CPU"},
      {replaced("port=7777", "port=65536"),
       "field 'port' is '65536', not a whole number up to 65535"},
      {replaced("step.boot=2345", "step.boot=soon"), "the time of step 'boot' is not a number"},
      {replaced("hostname=node1\n", ""), "field 'hostname' is missing"},
      {good + "more=1\n", "field 'more' is not known"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reason);
    expect_error([&] { JobRecord::parse(c.text); }, ErrorKind::kInvalid,
                 StrEq(std::string("the record of a workspace job is damaged: ") + c.reason));
  }
}

}  // namespace
}  // namespace workspace
