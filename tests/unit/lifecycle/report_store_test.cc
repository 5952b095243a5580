#include "libworkspace/lifecycle/report_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/lifecycle/reporting.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;
using testing::TemporaryFolder;

JobReport report_of(std::uint32_t job, const std::string& node) {
  JobReport report{JobId(job)};
  report.uid = ::getuid();
  report.node = node;
  report.outcome = "ran";
  return report;
}

TEST(ReportStore, KeepsOneOfEachJobAndNode) {
  const TemporaryFolder folder;
  const ReportStore store(folder.file("reports"));
  EXPECT_TRUE(store.load(JobId(4)).empty());
  store.save(report_of(4, "node2"), 10);
  store.save(report_of(4, "node1"), 10);
  store.save(report_of(42, "node1"), 10);
  JobReport again = report_of(4, "node1");
  again.restart_count = 1;
  store.save(again, 10);
  const auto reports = store.load(JobId(4));
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].node, "node1");
  EXPECT_EQ(reports[0].restart_count, 1U);
  EXPECT_EQ(reports[1].node, "node2");
}

TEST(ReportStore, RemovesWhatWasAbandonedOnItsNode) {
  const TemporaryFolder folder;
  const ReportStore store(folder.file("reports"));
  store.remove_abandoned("node1");  // without a folder
  store.save(report_of(4, "node1"), 10);
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(gone, nullptr, 0), gone);
  const std::string of_gone = ".report.new-" + std::to_string(gone);
  const std::string of_this = ".report.new-" + std::to_string(::getpid());
  const std::vector<std::string> kept = {"5.node1" + of_this, "5.node2" + of_gone,
                                         "5.node1.report.new-x", "5.node1.report.new-"};
  for (const auto& name : kept) write_file_atomic(folder.file("reports/" + name), "", 0600);
  write_file_atomic(folder.file("reports/5.node1" + of_gone), "", 0600);
  store.remove_abandoned("node1");
  EXPECT_FALSE(std::filesystem::exists(folder.file("reports/5.node1" + of_gone)));
  for (const auto& name : kept)
    EXPECT_TRUE(std::filesystem::exists(folder.file("reports/" + name))) << name;
  EXPECT_EQ(store.load(JobId(4)).size(), 1U);
}

TEST(ReportStore, RemovesTheOldestOfItsNode) {
  const TemporaryFolder folder;
  const ReportStore store(folder.file("reports"));
  store.save(report_of(1, "other"), 2);
  for (std::uint32_t job = 2; job <= 4; ++job) {
    store.save(report_of(job, "node1"), 2);
    const auto age = std::chrono::hours(10 - static_cast<int>(job));
    const std::string file = folder.file("reports/" + std::to_string(job) + ".node1.report");
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
  }
  EXPECT_TRUE(store.load(JobId(2)).empty());
  for (const std::uint32_t job : {1U, 3U, 4U}) EXPECT_EQ(store.load(JobId(job)).size(), 1U) << job;
}

/// What a user finds in the store, as the exit status of a process of theirs.
int look_as(uid_t uid, const std::function<int()>& look) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(uid) != 0 || ::setuid(uid) != 0) ::_exit(99);
    int status = 98;
    try {
      status = look();
    } catch (const Error& e) {
      status = e.kind() == ErrorKind::kDenied ? 77 : 97;
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST(ReportStore, IsReadByTheJobsUserAndNoOtherAndAlteredByNone) {
  if (::getuid() != 0) GTEST_FAIL() << "needs root";
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  const ReportStore store(folder.file("reports"));
  JobReport report = report_of(42, "node1");
  report.uid = 61234;
  store.save(report, 10);
  const auto load = [&] { return static_cast<int>(store.load(JobId(42)).size()); };
  const std::string file = folder.file("reports/42.node1.report");
  EXPECT_EQ(look_as(61234, load), 1);
  EXPECT_EQ(look_as(61235, load), 77);
  EXPECT_EQ(load(), 1);
  EXPECT_EQ(look_as(61234, [&] { return ::access(file.c_str(), W_OK) == 0 ? 1 : 0; }), 0);
  EXPECT_EQ(look_as(61234, [&] { return ::chmod(file.c_str(), 0666) == 0 ? 1 : 0; }), 0);
}

TEST(ReportStore, ADamagedReportIsTold) {
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  folder.write("reports/42.node1.report", "version=7\n");
  expect_error([&] { (void)ReportStore(folder.file("reports")).load(JobId(42)); },
               ErrorKind::kInvalid,
               StrEq("the report of a workspace job is damaged: its version is not 1"));
}

JobRecord some_record(WorkspaceState state) {
  JobRecord record{JobId(42)};
  record.state = state;
  record.hostname = "node1";
  record.start_unix_ms = 1'000;
  record.ready_unix_ms = 5'000;
  record.suspended_ms = 500;
  return record;
}

TEST(Reporting, TellsWhatTheRecordHas) {
  const auto ran = report_of(some_record(WorkspaceState::kRunning), 10'000);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->outcome, "ran");
  EXPECT_EQ(ran->run_ms(), 4'500U);

  JobRecord suspended = some_record(WorkspaceState::kSuspended);
  suspended.suspended_since_unix_ms = 7'000;
  EXPECT_EQ(report_of(suspended, 10'000)->suspended_ms, 3'500U);

  JobRecord failed = some_record(WorkspaceState::kFailed);
  failed.reason = "it does not boot";
  EXPECT_EQ(report_of(failed, 10'000)->outcome, "failed");
  EXPECT_EQ(report_of(failed, 10'000)->reason, "it does not boot");
}

TEST(Reporting, SaysNothingASecondTime) {
  EXPECT_FALSE(report_of(some_record(WorkspaceState::kEnding), 10'000));
  EXPECT_FALSE(report_of(JobRecord(JobId(42)), 10'000));
}

}  // namespace
}  // namespace workspace
