#include "cli/vm_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/user_jobs.h"
#include "cli/vm_step.h"
#include "tests/support/expect_error.h"

namespace workspace::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using workspace::testing::expect_error;

VmSample sample(std::uint32_t job, std::uint64_t time_ms, std::uint64_t cpu_ms) {
  VmSample sample{JobId(job)};
  sample.uid = 4'000'000'000;
  sample.node = "node1";
  sample.state = "running";
  sample.image = "tiny:1";
  sample.vcpus = 2;
  sample.memory_mib = 336;
  sample.disk_mib = 2048;
  sample.time_unix_ms = time_ms;
  sample.usage.cpu_time_ms = cpu_ms;
  sample.usage.memory_peak_kib = 1024;
  sample.usage.disk_written_bytes = cpu_ms * 1024;
  return sample;
}

TEST(VmSample, ComesBackAsItWas) {
  EXPECT_EQ(VmSample::parse(sample(1, 5, 6).to_line()), sample(1, 5, 6));
  expect_error([] { VmSample::parse("job=1 uid=0"); }, ErrorKind::kInvalid, HasSubstr("node"));
  expect_error([] { VmSample::parse(sample(1, 5, 6).to_line() + "x"); }, ErrorKind::kInvalid,
               ::testing::_);
}

TEST(TopTable, ShowsRatesOnceThereAreTwoSamples) {
  TopTable table;
  table.add(sample(5, 10'000, 1000));
  EXPECT_EQ(table.text(),
            "JOB  USER        NODE   STATE    IMAGE   VCPUS  %CPU  MEMORY  PEAK     READ/s  "
            "WRITTEN/s  RECEIVED/s  SENT/s\n"
            "5    4000000000  node1  running  tiny:1  2      -     336M    1.0 MiB  -       -      "
            "    -           -\n");
  table.add(sample(5, 12'000, 4000));
  EXPECT_THAT(table.text(), HasSubstr(" 150   336M    1.0 MiB  -       1.5 MiB"));
}

TEST(TopTable, HasTheBusyOnesFirstAndForgetsWhatIsGone) {
  TopTable table;
  for (const std::uint64_t time_ms : {1000U, 2000U}) {
    table.add(sample(1, time_ms, 0));
    table.add(sample(2, time_ms, time_ms));
  }
  EXPECT_LT(table.text().find("\n2  "), table.text().find("\n1  "));
  table.keep_only(std::vector{sample(1, 0, 0)});
  EXPECT_EQ(table.text().find("\n2  "), std::string::npos);
  EXPECT_FALSE(table.empty());
}

TEST(TopTable, ACounterThatGoesBackHasNoRate) {
  TopTable table;
  table.add(sample(5, 10'000, 1000));
  table.add(sample(5, 12'000, 10));
  EXPECT_THAT(table.text(), HasSubstr("2      -     336M"));
  table.add(sample(5, 12'000, 20));
  EXPECT_THAT(table.text(), HasSubstr("2      -     336M"));
}

TEST(Samples, AreATableAndJson) {
  const std::vector samples = {sample(5, 10'000, 1000)};
  EXPECT_EQ(
      samples_table(samples),
      "JOB  NODE   STATE    IMAGE   VCPUS  MEMORY  DISK  CPU TIME  PEAK     READ  WRITTEN     "
      "RECEIVED  SENT\n"
      "5    node1  running  tiny:1  2      336M    2G    1000 ms   1.0 MiB  -     1000.0 KiB  "
      "-         -\n");
  EXPECT_THAT(samples_json(samples),
              HasSubstr("{\"vms\": [{\"job\": 5, \"uid\": 4000000000, \"node\": \"node1\", "));
  EXPECT_THAT(samples_json(samples), HasSubstr("\"usage\": {\"cpu_time_ms\": 1000, "));
}

TEST(WorkspaceJobs, AreThoseThatShowTheirImage) {
  std::vector<UserJob> jobs(4, UserJob(JobId(1)));
  jobs[0].admin_comment = "the site's workspace=tiny:1@sha256:12";
  jobs[1].comment = "workspace=old:2@sha256:34";
  jobs[2].comment = "workspace=unpinned";
  const auto shown = workspace_jobs(jobs);
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[0].image, "tiny:1");
  EXPECT_EQ(shown[1].image, "old:2");
}

TEST(CheckAskable, RefusesInOneLine) {
  const struct {
    std::optional<JobPlace> place;
    ErrorKind kind;
    const char* text;
  } cases[] = {
      {std::nullopt, ErrorKind::kNotFound, "job 5 does not exist, or ended some time ago"},
      {JobPlace{1001, "RUNNING", true, "n", "n", 1}, ErrorKind::kDenied, "job 5 is not yours"},
      {JobPlace{1000, "PENDING", false, "", "", 0}, ErrorKind::kNotFound,
       "job 5 is PENDING; its VM cannot be asked"},
      {JobPlace{1000, "SUSPENDED", true, "n", "n", 1}, ErrorKind::kNotFound,
       "job 5 is SUSPENDED; its VM cannot be asked"},
  };
  for (const auto& c : cases)
    expect_error([&] { check_askable(JobId(5), c.place, 1000); }, c.kind, c.text);
  check_askable(JobId(5), JobPlace{1000, "RUNNING", true, "n", "n", 1}, 0);
}

TEST(VmStepCommand, IsAStepOnAllNodesOrOnOne) {
  const JobPlace place{1000, "RUNNING", true, "node[1-2]", "node1", 2};
  EXPECT_THAT(vm_step_command(JobId(5), place, std::nullopt, {"usage", "0"}),
              ElementsAre("srun", "--quiet", "--jobid=5", "--overlap", "--nodes=2", "--ntasks=2",
                          "--nodelist=node[1-2]", "--workspace=any", "--",
                          ::testing::EndsWith("/workspace-exec"), "--vm", "usage", "0"));
  EXPECT_THAT(vm_step_command(JobId(5), place, "node2", {"usage", "0"}),
              ::testing::IsSupersetOf({"--nodes=1", "--ntasks=1", "--nodelist=node2"}));
}

}  // namespace
}  // namespace workspace::cli
