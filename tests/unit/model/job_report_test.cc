#include "libworkspace/model/job_report.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

JobReport some_report() {
  JobReport report(JobId(42));
  report.uid = 1000;
  report.restart_count = 1;
  report.node = "node1";
  report.image = "tiny:1";
  report.digest = "sha256:abc";
  report.outcome = "ran";
  report.vcpus = 2;
  report.memory_mib = 336;
  report.disk_mib = 2048;
  report.start_unix_ms = 1'000'000;
  report.ready_unix_ms = 1'004'000;
  report.end_unix_ms = 1'064'000;
  report.gone_unix_ms = 1'064'300;
  report.suspended_ms = 10'000;
  report.boot_steps_ms = {{"stage", 7}, {"boot", 3900}};
  report.teardown_steps_ms = {{"domain", 200}};
  report.usage.cpu_time_ms = 12'345;
  report.usage.network_sent_bytes = 0;
  return report;
}

TEST(JobReport, IsReadAsItWasWritten) {
  const std::string lines = some_report().to_lines();
  const JobReport report = JobReport::parse(lines);
  EXPECT_EQ(report.to_lines(), lines);
  EXPECT_EQ(report.usage, some_report().usage);
  EXPECT_EQ(report.boot_steps_ms, some_report().boot_steps_ms);
  EXPECT_FALSE(report.usage.memory_peak_kib.has_value());
}

TEST(JobReport, FitsIntoALine) {
  EXPECT_EQ(some_report().usage_line(),
            "boot:3.907s,run:50.000s,teardown:0.200s,cpu:12.345s,sent:0B");
  JobReport whole = some_report();
  whole.usage = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(whole.usage_line(),
            "boot:3.907s,run:50.000s,teardown:0.200s,cpu:0.001s,memory:2K,read:3B,"
            "written:4B,received:5B,sent:6B");
}

TEST(JobReport, TellsTheProgramsOwnTime) {
  EXPECT_EQ(some_report().run_ms(), 50'000U);
  JobReport never_ready = some_report();
  never_ready.ready_unix_ms = 0;
  EXPECT_EQ(never_ready.run_ms(), 0U);
  JobReport clock_set_back = some_report();
  clock_set_back.end_unix_ms = 1;
  EXPECT_EQ(clock_set_back.run_ms(), 0U);
}

TEST(JobReport, IsRefusedWhereItIsDamaged) {
  const std::string lines = some_report().to_lines();
  const auto replaced = [&](const std::string& what, const std::string& with) {
    std::string text = lines;
    return text.replace(text.find(what), what.size(), with);
  };
  const struct {
    std::string text;
    const char* why;
  } cases[] = {
      {replaced("version=1", "version=2"), "its version is not 1"},
      {replaced("boot.stage=7", "boot.stage=x"), "the time of step 'stage' is not a number"},
      {lines + "more=1\n", "field 'more' is not known"},
  };
  for (const auto& c : cases) {
    expect_error(
        [&] { JobReport::parse(c.text); }, ErrorKind::kInvalid,
        ::testing::AllOf(::testing::StartsWith("the report of a workspace job is damaged: "),
                         ::testing::HasSubstr(c.why)));
  }
}

}  // namespace
}  // namespace workspace
