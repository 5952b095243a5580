/// workspace-exec against the agent's task server, both as plain processes: what a task's streams,
/// signals and end look like from the node.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <random>
#include <regex>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/upload.h"
#include "tests/support/guest_task.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::HasSubstr;
using testing::run_task;
using ::testing::StartsWith;
using testing::TaskOutcome;
using testing::TestStdio;
using testing::TestTask;

TestTask shell(const std::string& text) { return {{"sh", "-c", text}}; }

int exit_code(const TaskOutcome& outcome) {
  EXPECT_TRUE(WIFEXITED(outcome.wait_status)) << "by signal " << WTERMSIG(outcome.wait_status);
  return WEXITSTATUS(outcome.wait_status);
}

int end_signal(const TaskOutcome& outcome) {
  EXPECT_TRUE(WIFSIGNALED(outcome.wait_status)) << "exit " << WEXITSTATUS(outcome.wait_status);
  return WTERMSIG(outcome.wait_status);
}

/// The number in the first line of a task that said `echo $$`.
pid_t told_pid(const TaskOutcome& outcome) {
  const auto pid = parse_decimal(outcome.output.substr(0, outcome.output.find('\n')), INT32_MAX);
  EXPECT_TRUE(pid);
  return static_cast<pid_t>(pid.value_or(INT32_MAX));
}

/// Bytes with every value in them, of which no part repeats.
std::string noise(std::size_t bytes) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same bytes in every run
  std::string text(bytes, '\0');
  for (auto& byte : text) byte = static_cast<char>(random());
  return text;
}

TEST(GuestTask, MirrorsTheExitStatus) {
  for (const int code : {0, 1, 37, 125, 255})
    EXPECT_EQ(exit_code(run_task(shell("exit " + std::to_string(code)))), code);
}

TEST(GuestTask, DiesByTheSameSignal) {
  for (const int number : {SIGKILL, SIGTERM, SIGSEGV, SIGUSR1})
    EXPECT_EQ(end_signal(run_task(shell("kill -" + std::to_string(number) + " $$"))), number);
}

TEST(GuestTask, KeepsOutputAndErrorsApart) {
  const TaskOutcome outcome = run_task(shell("echo out; echo err >&2"));
  EXPECT_EQ(outcome.output, "out\n");
  EXPECT_EQ(outcome.error_output, "err\n");
}

TEST(GuestTask, KeepsTheOrderOfOutputAndErrorsOnOneFile) {
  TestTask task = shell("for i in $(seq 500); do echo $i; echo -$i >&2; done");
  task.stdio[2] = TestStdio::kAsStdout;
  std::string lines;
  for (int i = 1; i <= 500; ++i) lines += std::to_string(i) + "\n-" + std::to_string(i) + "\n";
  EXPECT_EQ(run_task(task).output, lines);
}

TEST(GuestTask, PassesArgumentsAsTheyAre) {
  TestTask task{{"printf", "%s|", "", "two words", "$HOME *", "line\nbreak", "\xff\x01"}};
  EXPECT_EQ(run_task(task).output, "|two words|$HOME *|line\nbreak|\xff\x01|");
}

TEST(GuestTask, Passes64MiBBothWays) {
  const std::string data = noise(64 << 20);
  const TaskOutcome outcome = run_task({{"cat"}, data});
  EXPECT_EQ(exit_code(outcome), 0);
  // EXPECT_EQ would print both.
  EXPECT_TRUE(outcome.output == data) << outcome.output.size() << " bytes came back";
}

TEST(GuestTask, StreamThatNobodyReadsHoldsUpNothingElse) {
  // stdin is larger than every buffer on the way, and the task never reads it.
  const TaskOutcome outcome = run_task({{"sh", "-c", "echo done; exit 3"}, noise(4 << 20)});
  EXPECT_EQ(exit_code(outcome), 3);
  EXPECT_EQ(outcome.output, "done\n");
}

TEST(GuestTask, SeesTheEndOfItsInput) {
  EXPECT_EQ(run_task({{"wc", "-c"}, "12345"}).output, "5\n");
  EXPECT_EQ(run_task({{"wc", "-c"}, ""}).output, "0\n");
}

TEST(GuestTask, HasTheSameDescriptorsOpen) {
  // Without a pipeline: the shell's own pipe would take the place of a closed descriptor.
  TestTask task = shell("for fd in 0 1 2; do readlink /proc/$$/fd/$fd || echo closed; done >&2");
  const auto kinds = [&] {
    return std::regex_replace(run_task(task).error_output, std::regex(":\\[[0-9]+\\]"), "");
  };
  EXPECT_EQ(kinds(), "pipe\npipe\npipe\n");
  task.stdio[0] = TestStdio::kNull;
  EXPECT_EQ(kinds(), "/dev/null\npipe\npipe\n");
  task.stdio[0] = TestStdio::kClosed;
  EXPECT_EQ(kinds(), "closed\npipe\npipe\n");
}

TEST(GuestTask, EndsWithEverythingClosed) {
  TestTask task = shell("exit 5");
  task.stdio = {TestStdio::kClosed, TestStdio::kClosed, TestStdio::kClosed};
  EXPECT_EQ(exit_code(run_task(task)), 5);
}

TEST(GuestTask, GetsSigpipeWhenNobodyReads) {
  TestTask task{{"yes"}};
  task.abandon_output = true;
  EXPECT_EQ(end_signal(run_task(task)), SIGPIPE);
}

TEST(GuestTask, HasThousandsOfVariables) {
  TestTask task{{"env"}};
  task.environment.emplace_back("TMPDIR=/tmp");
  for (int i = 0; i < 10000; ++i)
    task.environment.push_back("VARIABLE_" + std::to_string(i) + "=value of " + std::to_string(i));
  // PATH, which is the first, is completed; behind them stands what every task has inside.
  const std::vector<std::string> own(task.environment.begin() + 1, task.environment.end());
  EXPECT_THAT(run_task(task).output, HasSubstr("\n" + join(own, "\n") + "\nHOME="));
}

TEST(GuestTask, RunsAsTheUserWithUmaskAndLimits) {
  TestTask task = shell("id -u; umask; ulimit -n; ulimit -c");
  task.environment.insert(task.environment.end(),
                          {"SLURM_UMASK=0027", "SLURM_RLIMIT_NOFILE=123", "SLURM_RLIMIT_CORE=U0"});
  EXPECT_EQ(run_task(task).output,
            std::to_string(testing::TaskServer::task_uid()) + "\n0027\n123\n0\n");
}

/// What slurmstepd's end of a task's PMI socket says and hears.
TEST(GuestTask, SpeaksToTheNodeThroughItsPmiSocket) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  UniqueFd node(ends[0]);
  UniqueFd task_end(ends[1]);
  auto heard = std::async(std::launch::async, [&] {
    std::string text;
    char byte = 0;
    while (::read(node.get(), &byte, 1) == 1) {
      text += byte;
      if (text == "cmd=init\n") write_all(node.get(), "cmd=response\n", "a socket");
    }
    return text;
  });
  TestTask task{{"sh", "-c", "echo cmd=init >&7; read answer <&7; echo $answer; echo end >&7"}};
  task.environment.emplace_back("PMI_FD=7");
  task.pmi_socket = task_end.get();
  const auto outcome = run_task(task);
  task_end.reset();
  EXPECT_EQ(outcome.output, "cmd=response\n");
  EXPECT_EQ(heard.get(), "cmd=init\nend\n");
}

/// The variable may be the user's own; a descriptor that is no socket is not a process manager's.
TEST(GuestTask, HasNoPmiSocketForAForgedVariable) {
  TestTask task{{"sh", "-c", "echo $PMI_FD; echo x 2>/dev/null >&7 || echo closed"}};
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const std::string value : {"7", "0", "-1", "x", "99999999999"}) {
    task.pmi_socket = value == "7" ? null.get() : -1;
    task.environment = {"PATH=/usr/bin:/bin", "PMI_FD=" + value};
    EXPECT_EQ(run_task(task).output, value + "\nclosed\n");
  }
}

TEST(GuestTask, TellsAMissingProgramAsAShellWould) {
  const testing::TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0755);
  const std::string text = folder.write("text", "not a program");
  ::chmod(text.c_str(), 0644);
  const std::string script = folder.write("script", "#!/usr/bin/python1\n");
  ::chmod(script.c_str(), 0755);
  const struct {
    std::string program;
    int code;
    std::string line;
  } cases[] = {
      {"pyhton", 127, "workspace: pyhton: command not found\n"},
      {"/opt/none/x", 127, "workspace: /opt/none/x: No such file or directory\n"},
      {text, 126, "workspace: " + text + ": Permission denied\n"},
      {script, 126,
       "workspace: " + script + ": its interpreter does not exist inside the workspace\n"},
      {folder.path(), 126, "workspace: " + folder.path() + ": Is a directory\n"},
  };
  for (const auto& c : cases) {
    const TaskOutcome outcome = run_task({{c.program}});
    EXPECT_EQ(exit_code(outcome), c.code);
    EXPECT_EQ(outcome.error_output, c.line);
  }
}

TEST(GuestTask, HasTheProgramsPathForItsFirstArgument) {
  EXPECT_EQ(run_task({{"sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline; :"}}).output.substr(0, 12),
            "/usr/bin/sh ");
}

TEST(GuestTask, OpensItsDescriptorsAgainByName) {
  TestTask task = shell("echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin");
  task.input = "in";
  const TaskOutcome outcome = run_task(task);
  EXPECT_EQ(outcome.output, "out\nin");
  EXPECT_EQ(outcome.error_output, "err\n");
}

TEST(GuestTask, CatchesSignals) {
  TestTask task =
      shell("trap 'echo caught; exit 7' USR1; echo ready; while :; do sleep 0.05; done");
  task.when_ready = [](pid_t exec, pid_t) { ::kill(exec, SIGUSR1); };
  const TaskOutcome outcome = run_task(task);
  EXPECT_EQ(exit_code(outcome), 7);
  EXPECT_EQ(outcome.output, "ready\ncaught\n");
}

/// SIGCHLD and SIGPIPE too, and those that a process may have by a fault of its own.
TEST(GuestTask, IgnoresEverySignalThatMayBeIgnored) {
  std::string traps;
  for (int number = 1; number < 32; ++number) {
    if (number != SIGKILL && number != SIGSTOP) traps += " " + std::to_string(number);
  }
  TestTask task =
      shell("trap '' " + traps + "; trap 'exit 7' 34; echo ready; while :; do sleep 0.05; done");
  task.when_ready = [](pid_t exec, pid_t) {
    for (int number = 1; number < 32; ++number) {
      if (number != SIGKILL && number != SIGSTOP) ::kill(exec, number);
    }
    ::kill(exec, 34);
  };
  EXPECT_EQ(exit_code(run_task(task)), 7);
}

TEST(GuestTask, DiesByASignalFromTheNode) {
  TestTask task = shell("echo ready; sleep 100");
  task.when_ready = [](pid_t exec, pid_t) { ::kill(exec, SIGTERM); };
  EXPECT_EQ(end_signal(run_task(task)), SIGTERM);
}

TEST(GuestTask, StopsAndContinues) {
  TestTask task = shell("(for i in 1 2 3; do sleep 0.1; done; echo more) & echo ready; wait");
  task.when_ready = [](pid_t exec, pid_t) {
    ::kill(exec, SIGTSTP);
    ::usleep(500000);
    ::kill(exec, SIGCONT);
  };
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run_task(task).output, "ready\nmore\n");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
}

TestTask terminal_task(const std::string& text) {
  TestTask task = shell(text);
  task.stdio = {TestStdio::kTerminal, TestStdio::kTerminal, TestStdio::kTerminal};
  return task;
}

TEST(GuestTaskTerminal, IsATerminalOfTheSameSize) {
  TestTask task =
      terminal_task("test -t 0 && test -t 1 && test -t 2 && stty size </dev/tty; exit 6");
  task.terminal_rows = 50;
  task.terminal_columns = 132;
  const TaskOutcome outcome = run_task(task);
  EXPECT_EQ(exit_code(outcome), 6);
  EXPECT_EQ(outcome.output, "50 132\r\n");
}

TEST(GuestTaskTerminal, TurnsControlCIntoASignal) {
  TestTask task =
      terminal_task("trap 'echo caught; exit 7' INT; echo ready; read line; echo $line");
  task.input = "\x03";
  task.when_ready = [](pid_t, pid_t) {};
  const TaskOutcome outcome = run_task(task);
  EXPECT_EQ(exit_code(outcome), 7);
  EXPECT_THAT(outcome.output, ::testing::EndsWith("caught\r\n"));
}

TEST(GuestTaskTerminal, EchoesOnce) {
  TestTask task = terminal_task("echo ready; read line; echo got $line");
  task.input = "word\n";
  task.when_ready = [](pid_t, pid_t) {};
  EXPECT_EQ(run_task(task).output, "ready\r\nword\r\ngot word\r\n");
}

class BatchScript : public ::testing::Test {
 protected:
  BatchScript() { ::chmod(folder_.path().c_str(), 0777); }

  TestTask batch(const std::string& text) {
    const std::string path = folder_.write("slurm_script", "#!/bin/sh\n" + text);
    TestTask task{{path, "argument"}};
    task.script_path = path;
    return task;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(BatchScript, RunsFromItsOwnPath) {
  const TestTask task = batch("echo $0 $1; stat -c '%a %u' $0; exit 9");
  const TaskOutcome outcome = run_task(task);
  EXPECT_EQ(exit_code(outcome), 9);
  EXPECT_EQ(outcome.output, task.script_path + " argument\n700 " +
                                std::to_string(testing::TaskServer::task_uid()) + "\n");
}

TEST_F(BatchScript, AloneGetsTheUsersOwnSignals) {
  TestTask task = batch(
      "trap 'kill -0 $child && echo child lives; exit 0' USR1\n"
      "sleep 100 & child=$!; echo ready; wait");
  task.when_ready = [](pid_t exec, pid_t) { ::kill(exec, SIGUSR1); };
  EXPECT_EQ(run_task(task).output, "ready\nchild lives\n");
}

TEST_F(BatchScript, IsNotWrittenWhereTheUserMayNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ::chmod(folder_.path().c_str(), 0755);
  const TaskOutcome outcome = run_task(batch("echo never"));
  EXPECT_EQ(exit_code(outcome), 125);
  EXPECT_EQ(outcome.error_output,
            "workspace: the VM of job ? refused the task: replacing the batch script " +
                folder_.file("slurm_script") + ": Permission denied\n");
}

TEST(GuestTaskEnd, DoesNotWaitForBackgroundProcesses) {
  const auto begin = std::chrono::steady_clock::now();
  const TaskOutcome outcome = run_task(shell("sleep 100 & echo $!"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  EXPECT_TRUE(testing::wait_until_gone(told_pid(outcome), 10));
}

TEST(GuestTaskEnd, KillsTheTaskWhenTheConnectionEnds) {
  TestTask task = shell("echo $$; echo ready; sleep 100");
  task.when_ready = [](pid_t exec, pid_t) { ::kill(exec, SIGKILL); };
  const TaskOutcome outcome = run_task(task);
  EXPECT_EQ(end_signal(outcome), SIGKILL);
  EXPECT_TRUE(testing::wait_until_gone(told_pid(outcome), 10));
}

TEST(GuestTaskEnd, TellsThatTheVmEnded) {
  TestTask task = shell("echo $$; echo ready; sleep 100");
  task.environment.emplace_back("SLURM_JOB_ID=42");
  task.when_ready = [](pid_t, pid_t server) { ::kill(server, SIGKILL); };
  const TaskOutcome outcome = run_task(task);
  EXPECT_EQ(exit_code(outcome), 125);
  EXPECT_EQ(outcome.error_output, "workspace: the VM of job 42 ended while the task ran\n");
  // In a VM the task would be gone as well.
  ::kill(-told_pid(outcome), SIGKILL);
}

TEST(GuestTaskEnd, TellsThatTheWorkingDirectoryIsMissing) {
  testing::TaskServer server;
  const UniqueFd connection = server.take_connection();
  TaskSpec spec;
  spec.argv = {"true"};
  spec.working_directory = "/home/none/run";
  spec.stdio = {StdioKind::kNull, StdioKind::kNull, StdioKind::kRelayed};
  upload_task(connection.get(), spec);
  std::string error_output;
  std::optional<TaskExit> end;
  while (!end) {
    const auto frame = receive_frame(connection.get(), Deadline::in(std::chrono::seconds(20)));
    ASSERT_TRUE(frame);
    if (frame->type == FrameType::kData) error_output += frame->payload;
    if (frame->type == FrameType::kExit) end = TaskExit::parse(frame->payload);
  }
  EXPECT_EQ(end->code, 125);
  EXPECT_EQ(error_output,
            "workspace: the working directory '/home/none/run' does not exist inside the "
            "workspace; use --chdir or --workspace-mount\n");
}

}  // namespace
}  // namespace workspace
