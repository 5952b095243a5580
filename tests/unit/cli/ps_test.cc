#include "cli/ps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<JobRecord> two_jobs() {
  JobRecord running(JobId(42));
  running.state = WorkspaceState::kRunning;
  running.image = "tiny:1";
  running.digest = "sha256:12";
  running.hostname = "node1";
  running.vcpus = 2;
  running.memory_mib = 1024;
  running.disk_mib = 2048;
  running.token = "5ec4e7";
  running.step_times_ms = {{"stage", 3}, {"boot", 2900}};
  JobRecord failed(JobId(43));
  failed.uid = 4'000'000'000;
  failed.state = WorkspaceState::kFailed;
  failed.image = "broken:1";
  failed.notice = "the system is degraded";
  failed.reason = "the guest did not answer\nnode: all is well";
  return {running, failed};
}

TEST(Ps, ATableHasALineForEachJob) {
  EXPECT_EQ(jobs_table(two_jobs()),
            "JOB  USER        STATE    IMAGE     VCPUS  MEMORY  DISK  START    REASON\n"
            "42   root        running  tiny:1    2      1G      2G    2903 ms\n"
            "43   4000000000  failed   broken:1  0      0M      0M    0 ms     the guest did not "
            "answer\\x0anode: all is well\n");
}

/// Between the folder's making and the record's a job has neither an image nor a user.
TEST(Ps, AJobWithoutARecordIsPreparing) {
  const std::vector<JobRecord> records = {JobRecord(JobId(7))};
  EXPECT_THAT(jobs_table(records), HasSubstr("\n7    -     preparing"));
}

TEST(Ps, DetailsNameEachStep) {
  EXPECT_EQ(job_details(two_jobs()[0]),
            "job         42\n"
            "user        root\n"
            "state       running\n"
            "image       tiny:1\n"
            "digest      sha256:12\n"
            "hostname    node1\n"
            "vcpus       2\n"
            "memory      1G\n"
            "disk        2G\n"
            "step stage  3 ms\n"
            "step boot   2900 ms\n"
            "start       2903 ms\n");
  EXPECT_THAT(job_details(two_jobs()[1]), HasSubstr("\nreason    the guest did not answer\\x0a"));
  EXPECT_THAT(job_details(two_jobs()[1]), HasSubstr("\nnotice    the system is degraded\n"));
}

TEST(Ps, JsonHasAllButTheToken) {
  const std::string json = jobs_json(two_jobs());
  EXPECT_THAT(json, HasSubstr("{\"jobs\": [{\"job\": 42, \"uid\": 0, \"state\": \"running\", "));
  EXPECT_THAT(json, HasSubstr("\"memory_mib\": 1024, \"disk_mib\": 2048, \"steps\": [{\"name\": "
                              "\"stage\", \"ms\": 3}, {\"name\": \"boot\", \"ms\": 2900}]}"));
  EXPECT_THAT(json, HasSubstr("\"reason\": \"the guest did not answer\\u000anode: all is well\", "
                              "\"notice\": \"the system is degraded\""));
  EXPECT_THAT(json, Not(HasSubstr("5ec4e7")));
}

}  // namespace
}  // namespace workspace::cli
