#include "libworkspace/model/job_totals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

using ::testing::HasSubstr;

JobReport some_report() {
  JobReport report(JobId(42));
  report.node = "node1";
  report.outcome = "ran";
  report.ready_unix_ms = 1'000'000;
  report.end_unix_ms = 1'060'500;
  report.suspended_ms = 500;
  report.boot_steps_ms = {{"stage", 7}, {"boot", 2400}};
  report.teardown_steps_ms = {{"domain", 200}, {"disk", 5}};
  report.usage.cpu_time_ms = 12'345;
  report.usage.disk_read_bytes = 3 << 20;
  report.usage.disk_written_bytes = 4096;
  report.usage.network_received_bytes = 17;
  report.usage.network_sent_bytes = 18;
  return report;
}

JobTotals some_totals() {
  JobTotals totals;
  totals.add(some_report());
  totals.add(some_report());
  JobReport failed(JobId(43));
  failed.outcome = "failed";
  failed.teardown_steps_ms = {{"domain", 1}};
  totals.add(failed);
  return totals;
}

TEST(JobTotals, AreMetricsInBaseUnits) {
  EXPECT_EQ(some_totals().to_prometheus(),
            R"(# HELP workspace_jobs_total Workspace jobs that have ended on this node.
# TYPE workspace_jobs_total counter
workspace_jobs_total{outcome="ran"} 2
workspace_jobs_total{outcome="failed"} 1
# HELP workspace_boot_duration_seconds Time that the prolog took to boot the VM of a job that ran.
# TYPE workspace_boot_duration_seconds histogram
workspace_boot_duration_seconds_bucket{le="0.1"} 0
workspace_boot_duration_seconds_bucket{le="0.25"} 0
workspace_boot_duration_seconds_bucket{le="0.5"} 0
workspace_boot_duration_seconds_bucket{le="0.75"} 0
workspace_boot_duration_seconds_bucket{le="1"} 0
workspace_boot_duration_seconds_bucket{le="1.5"} 0
workspace_boot_duration_seconds_bucket{le="2"} 0
workspace_boot_duration_seconds_bucket{le="3"} 2
workspace_boot_duration_seconds_bucket{le="4"} 2
workspace_boot_duration_seconds_bucket{le="5"} 2
workspace_boot_duration_seconds_bucket{le="6"} 2
workspace_boot_duration_seconds_bucket{le="8"} 2
workspace_boot_duration_seconds_bucket{le="10"} 2
workspace_boot_duration_seconds_bucket{le="15"} 2
workspace_boot_duration_seconds_bucket{le="30"} 2
workspace_boot_duration_seconds_bucket{le="60"} 2
workspace_boot_duration_seconds_bucket{le="120"} 2
workspace_boot_duration_seconds_bucket{le="+Inf"} 2
workspace_boot_duration_seconds_sum 4.814
workspace_boot_duration_seconds_count 2
# HELP workspace_teardown_duration_seconds Time that the epilog took to remove the job's VM and all of it.
# TYPE workspace_teardown_duration_seconds histogram
workspace_teardown_duration_seconds_bucket{le="0.1"} 1
workspace_teardown_duration_seconds_bucket{le="0.25"} 3
workspace_teardown_duration_seconds_bucket{le="0.5"} 3
workspace_teardown_duration_seconds_bucket{le="0.75"} 3
workspace_teardown_duration_seconds_bucket{le="1"} 3
workspace_teardown_duration_seconds_bucket{le="1.5"} 3
workspace_teardown_duration_seconds_bucket{le="2"} 3
workspace_teardown_duration_seconds_bucket{le="3"} 3
workspace_teardown_duration_seconds_bucket{le="4"} 3
workspace_teardown_duration_seconds_bucket{le="5"} 3
workspace_teardown_duration_seconds_bucket{le="6"} 3
workspace_teardown_duration_seconds_bucket{le="8"} 3
workspace_teardown_duration_seconds_bucket{le="10"} 3
workspace_teardown_duration_seconds_bucket{le="15"} 3
workspace_teardown_duration_seconds_bucket{le="30"} 3
workspace_teardown_duration_seconds_bucket{le="60"} 3
workspace_teardown_duration_seconds_bucket{le="120"} 3
workspace_teardown_duration_seconds_bucket{le="+Inf"} 3
workspace_teardown_duration_seconds_sum 0.411
workspace_teardown_duration_seconds_count 3
# HELP workspace_boot_step_seconds_total Time in each step of the boots.
# TYPE workspace_boot_step_seconds_total counter
workspace_boot_step_seconds_total{step="boot"} 4.800
workspace_boot_step_seconds_total{step="stage"} 0.014
# HELP workspace_teardown_step_seconds_total Time in each step of the teardowns.
# TYPE workspace_teardown_step_seconds_total counter
workspace_teardown_step_seconds_total{step="disk"} 0.010
workspace_teardown_step_seconds_total{step="domain"} 0.401
# HELP workspace_run_seconds_total Time that ended jobs ran, without boot, teardown and suspension.
# TYPE workspace_run_seconds_total counter
workspace_run_seconds_total 120.000
# HELP workspace_suspended_seconds_total Time that VMs of ended jobs were paused.
# TYPE workspace_suspended_seconds_total counter
workspace_suspended_seconds_total 1.000
# HELP workspace_cpu_seconds_total CPU time of the VMs of ended jobs.
# TYPE workspace_cpu_seconds_total counter
workspace_cpu_seconds_total 24.690
# HELP workspace_disk_read_bytes_total Bytes that VMs of ended jobs read from their images and scratch disks.
# TYPE workspace_disk_read_bytes_total counter
workspace_disk_read_bytes_total 6291456
# HELP workspace_disk_written_bytes_total Bytes that VMs of ended jobs wrote to their scratch disks.
# TYPE workspace_disk_written_bytes_total counter
workspace_disk_written_bytes_total 8192
# HELP workspace_network_received_bytes_total Bytes that VMs of ended jobs received.
# TYPE workspace_network_received_bytes_total counter
workspace_network_received_bytes_total 34
# HELP workspace_network_sent_bytes_total Bytes that VMs of ended jobs sent.
# TYPE workspace_network_sent_bytes_total counter
workspace_network_sent_bytes_total 36
)");
}

TEST(JobTotals, ComeBackAsTheyWere) {
  const JobTotals totals = some_totals();
  EXPECT_EQ(JobTotals::parse(totals.to_lines()), totals);
  EXPECT_EQ(JobTotals::parse(JobTotals().to_lines()), JobTotals());
}

TEST(JobTotals, WhatIsLongerThanAllBucketsIsCounted) {
  DurationHistogram histogram;
  histogram.add(120'000);
  histogram.add(120'001);
  EXPECT_EQ(histogram.counts.back(), 1U);
  EXPECT_EQ(histogram.count, 2U);
  EXPECT_EQ(histogram.sum_ms, 240'001U);
}

TEST(JobTotals, RefusesWhatIsDamaged) {
  const std::string good = some_totals().to_lines();
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const std::string damaged = "the totals of workspace jobs are damaged: ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "version"},
      {changed("version=2", "version=1"), "its version is not 2"},
      {changed("ran=2\n", ""), "ran"},
      {changed("ran=2", "ran=-2"), "ran"},
      {changed("boot.stage=14", "boot.stage=x"), "the time of step 'stage' is not a number"},
      {good + "more=1\n", "more"},
  };
  for (const auto& [text, message] : cases) {
    try {
      JobTotals::parse(text);
      ADD_FAILURE() << "taken: " << message;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kInvalid);
      EXPECT_THAT(e.text(), ::testing::StartsWith(damaged));
      EXPECT_THAT(e.text(), HasSubstr(message));
    }
  }
}

}  // namespace
}  // namespace workspace
