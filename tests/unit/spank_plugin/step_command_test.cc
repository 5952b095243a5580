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
  // It waits for its VM, as Slurm lets it.
  check_enterable(record_of(42, 1000, WorkspaceState::kSuspended), JobId(42), 1000);

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
  const HostCommandGrant grant{HostCommands::none(), "/usr/bin", ""};
  const auto command = [&](Words rest) {
    Words words{program, "--fd", "7", "--host-commands", "none", "--slurm-bin", "/usr/bin"};
    words.insert(words.end(), rest.begin(), rest.end());
    return words;
  };
  EXPECT_EQ(exec_command({false, 0, {"python2", "-c", "a b\n"}}, 7, grant),
            command({"--", "python2", "-c", "a b\n"}));
  EXPECT_EQ(exec_command({false, 0, {"--fd", "--"}}, 7, grant), command({"--", "--fd", "--"}));
  EXPECT_EQ(exec_command({true, 0, {"/spool/job00042/slurm_script", "arg"}}, 7, grant),
            command({"--script", "/spool/job00042/slurm_script", "--",
                     "/spool/job00042/slurm_script", "arg"}));
  expect_error(
      [&] {
        exec_command({false, 0, {}}, 7, grant);
      },
      ErrorKind::kInvalid, StrEq("this task has no program to run"));
}

TEST(ExecCommand, SaysWhatMayRunOnTheNode) {
  const HostCommandGrant grant{HostCommands::parse("srun,squeue"), "/opt/slurm/bin",
                               "/site/slurm.conf"};
  EXPECT_EQ(exec_command({false, 0, {"x"}}, 3, grant),
            (Words{std::string(build_paths::kLibexecDir) + "/workspace-exec", "--fd", "3",
                   "--host-commands", "srun,squeue", "--slurm-bin", "/opt/slurm/bin",
                   "--slurm-conf", "/site/slurm.conf", "--", "x"}));
}

TEST(ExecCommand, SaysHowTheTaskIsPrepared) {
  const HostCommandGrant grant{HostCommands::none(), "/usr/bin", ""};
  EXPECT_EQ(exec_command({false, 0, {"x"}}, 3, grant, {"/site/task_prolog", {1, 3}, 448, -1}),
            (Words{std::string(build_paths::kLibexecDir) + "/workspace-exec", "--fd", "3",
                   "--host-commands", "none", "--slurm-bin", "/usr/bin", "--task-prolog",
                   "/site/task_prolog", "--vcpus", "1,3", "--memory-mib", "448", "--", "x"}));
}

TEST(ExecCommand, NamesTheConnectionToTheWatch) {
  const HostCommandGrant grant{HostCommands::none(), "/usr/bin", ""};
  EXPECT_EQ(
      exec_command({false, 0, {"x"}}, 3, grant, {"", {}, 0, 4}),
      (Words{std::string(build_paths::kLibexecDir) + "/workspace-exec", "--fd", "3",
             "--host-commands", "none", "--slurm-bin", "/usr/bin", "--watch-fd", "4", "--", "x"}));
}

TEST(BroadcastName, IsSlurms) { EXPECT_EQ(broadcast_name(8, 2, "node2"), "slurm_bcast_8.2_node2"); }

TEST(ConsoleRequest, IsThatExactCommand) {
  const std::string program = std::string(build_paths::kLibexecDir) + "/workspace-exec";
  EXPECT_TRUE(is_console_request({false, 0, {program, "--console"}}));
  EXPECT_FALSE(is_console_request({true, 0, {program, "--console"}}));
  EXPECT_FALSE(is_console_request({false, 0, {program, "--console", "/etc/passwd"}}));
  EXPECT_FALSE(is_console_request({false, 0, {"workspace-exec", "--console"}}));
  EXPECT_EQ(console_command(JobId(42)),
            (Words{program, "--console", std::string(build_paths::kRuntimeDir) + "/42.console"}));
}

TEST(VmRequest, IsAKnownVerbWithNumbersAlone) {
  const std::string program = std::string(build_paths::kLibexecDir) + "/workspace-exec";
  const std::string helper = std::string(build_paths::kLibexecDir) + "/vm-request";
  EXPECT_EQ(vm_request({false, 0, {program, "--vm", "usage", "2"}}, JobId(42)),
            (Words{helper, "usage", "42", "2"}));
  EXPECT_EQ(vm_request({false, 0, {program, "--vm", "resize", "128", "0"}}, JobId(42)),
            (Words{helper, "resize", "42", "128", "0"}));
  const std::vector<Words> others = {
      {program, "--vm"},
      {program, "--vm", "resize", "128"},
      {program, "--vm", "resize", "128", "1", "43"},
      {program, "--vm", "usage"},
      {program, "--vm", "usage", "2", "3"},
      {program, "--vm", "usage", "-2"},
      {program, "--vm", "usage", "2; reboot"},
      {program, "--vm", "usage", "99999999999999999999"},
      {program, "--vm", "destroy", "2"},
      {program, "usage", "2"},
      {"workspace-exec", "--vm", "usage", "2"},
  };
  for (const auto& argv : others)
    EXPECT_FALSE(vm_request({false, 0, argv}, JobId(42))) << argv.size();
  EXPECT_FALSE(vm_request({true, 0, {program, "--vm", "usage", "2"}}, JobId(42)));
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
