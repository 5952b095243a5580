#include "libworkspace/lifecycle/metrics_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "libworkspace/base/fd.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

JobReport some_report() {
  JobReport report(JobId(42));
  report.outcome = "ran";
  report.usage.cpu_time_ms = 1500;
  return report;
}

std::string metrics_of(const std::string& folder) {
  return read_file(folder + "/workspace-jobs.prom", 65536);
}

TEST(MetricsFile, CountsJobAfterJobForEverybodyToRead) {
  const TemporaryFolder temporary;
  const std::string folder = temporary.file("metrics");
  count_job(folder, some_report());
  EXPECT_THAT(metrics_of(folder), HasSubstr("workspace_jobs_total{outcome=\"ran\"} 1\n"));
  count_job(folder, some_report());
  EXPECT_THAT(metrics_of(folder), HasSubstr("workspace_jobs_total{outcome=\"ran\"} 2\n"));
  EXPECT_THAT(metrics_of(folder), HasSubstr("\nworkspace_cpu_seconds_total 3.000\n"));
  struct stat info {};
  ASSERT_EQ(::stat((folder + "/workspace-jobs.prom").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0644U);
}

TEST(MetricsFile, LosesNoJobOfManyAtOnce) {
  const TemporaryFolder temporary;
  const std::string folder = temporary.file("metrics");
  std::vector<std::thread> epilogs;
  for (int i = 0; i < 8; ++i) epilogs.emplace_back([&] { count_job(folder, some_report()); });
  for (auto& epilog : epilogs) epilog.join();
  EXPECT_THAT(metrics_of(folder), HasSubstr("workspace_jobs_total{outcome=\"ran\"} 8\n"));
}

TEST(MetricsFile, BeginsAnewWhereItsMemoryIsDamaged) {
  const TemporaryFolder temporary;
  const std::string folder = temporary.file("metrics");
  count_job(folder, some_report());
  write_file_atomic(folder + "/workspace-jobs.totals", "version=1\nran=half", 0644);
  count_job(folder, some_report());
  EXPECT_THAT(metrics_of(folder), HasSubstr("workspace_jobs_total{outcome=\"ran\"} 1\n"));
}

TEST(MetricsFile, LeavesNothingButWholeFiles) {
  const TemporaryFolder temporary;
  const std::string folder = temporary.file("metrics");
  count_job(folder, some_report());
  write_vm_metrics(folder, "a 1\n");
  write_vm_metrics(folder, "a 2\n");
  EXPECT_EQ(read_file(folder + "/workspace-vms.prom", 100), "a 2\n");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names,
              ::testing::UnorderedElementsAre(".workspace-jobs.lock", "workspace-jobs.prom",
                                              "workspace-jobs.totals", "workspace-vms.prom"));
}

TEST(MetricsFile, RefusesAFolderThatOthersCanWrite) {
  const TemporaryFolder temporary;
  const std::string folder = temporary.file("metrics");
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
  expect_error(
      [&] { count_job(folder, some_report()); }, ErrorKind::kDenied,
      folder + " is not trusted: others than its owner can write it; chmod go-w " + folder);
}

}  // namespace
}  // namespace workspace
