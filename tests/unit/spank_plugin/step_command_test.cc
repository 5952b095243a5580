#include "spank_plugin/step_command.h"

#include <gtest/gtest.h>

#include "build_paths.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

using Words = std::vector<std::string>;

JobRecord record_of(std::uint32_t job, std::uint32_t uid, WorkspaceState state) {
  JobRecord record{JobId(job)};
  record.uid = uid;
  record.state = state;
  record.reason = "image 'tiny:1' does not boot";
  return record;
}

TEST(CheckEnterable, LetsOnlyTheJobsOwnRunningWorkspaceBeEntered) {
  check_enterable(record_of(42, 1000, WorkspaceState::kRunning), JobId(42), 1000);

  struct Case {
    JobRecord record;
    ErrorKind kind;
    const char* text;
  };
  const std::vector<Case> cases = {
      {record_of(42, 1000, WorkspaceState::kFailed), ErrorKind::kGuest,
       "image 'tiny:1' does not boot"},
      {record_of(42, 1000, WorkspaceState::kPreparing), ErrorKind::kHost,
       "the workspace of job 42 is not running: preparing"},
      {record_of(42, 1000, WorkspaceState::kEnding), ErrorKind::kHost,
       "the workspace of job 42 is not running: ending"},
      {record_of(41, 1000, WorkspaceState::kRunning), ErrorKind::kDenied,
       "the workspace's record on this node belongs to job 41 of uid 1000"},
      {record_of(42, 1001, WorkspaceState::kRunning), ErrorKind::kDenied,
       "the workspace's record on this node belongs to job 42 of uid 1001"},
  };
  for (const auto& c : cases) {
    expect_error([&] { check_enterable(c.record, JobId(42), 1000); }, c.kind, StrEq(c.text));
  }
}

TEST(ExecCommand, HandsOverTheTasksArgvUntouched) {
  const std::string program = std::string(build_paths::kLibexecDir) + "/workspace-exec";
  EXPECT_EQ(exec_command({false, 0, {"python2", "-c", "a b\n"}}, 7),
            (Words{program, "--fd", "7", "--", "python2", "-c", "a b\n"}));
  EXPECT_EQ(exec_command({false, 0, {"--fd", "--"}}, 7),
            (Words{program, "--fd", "7", "--", "--fd", "--"}));
  EXPECT_EQ(exec_command({true, 0, {"/spool/job00042/slurm_script", "arg"}}, 9),
            (Words{program, "--fd", "9", "--script", "/spool/job00042/slurm_script", "--",
                   "/spool/job00042/slurm_script", "arg"}));
  expect_error(
      [] {
        exec_command({false, 0, {}}, 7);
      },
      ErrorKind::kInvalid, StrEq("this task has no program to run"));
}

TEST(TaskArgv, FollowsAMultiProgFileThatIsThere) {
  const testing::TemporaryFolder folder;
  const std::string text = "0 a\n1 b %t\n";
  const std::string path = folder.write("tasks.conf", text);
  EXPECT_EQ(task_argv({false, 1, {path, text, "more"}}), (Words{"b", "1", "more"}));
  // An argument may well look like such a file.
  EXPECT_EQ(task_argv({false, 1, {"echo", text}}), (Words{"echo", text}));
  // A batch script whose argument is its own text is still a batch script.
  EXPECT_EQ(task_argv({true, 1, {path, text}}), (Words{path, text}));
}

}  // namespace
}  // namespace workspace
