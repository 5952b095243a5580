#include "libworkspace/base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StrEq;
using testing::TemporaryFolder;

Command command_of(std::vector<std::string> argv) {
  Command command;
  command.argv = std::move(argv);
  return command;
}

Command shell(const std::string& script) { return command_of({"sh", "-c", script}); }

Deadline soon() { return Deadline::in(seconds(30)); }

TEST(RunCommand, TellsOutputErrorsAndStatusApart) {
  const auto result = run_command(shell("echo out; echo err >&2; exit 3"), soon());
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error_output, "err\n");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(run_command(shell("kill -9 $$"), soon()).exit_status, 128 + SIGKILL);
}

TEST(RunCommand, PassesArgumentsAsTheyAre) {
  const auto result =
      run_command(command_of({"printf", "%s|", "a b", "$(id)", "", "*", "\n"}), soon());
  EXPECT_EQ(result.output, "a b|$(id)||*|\n|");
}

TEST(RunCommand, BindsToTheCpusThatAreNamed) {
  cpu_set_t own;
  ASSERT_EQ(::sched_getaffinity(0, sizeof own, &own), 0);
  std::uint32_t highest = 0;
  for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &own)) highest = cpu;
  Command command = command_of({"grep", "Cpus_allowed_list", "/proc/self/status"});
  command.cpus = {highest};
  EXPECT_EQ(run_command(command, soon()).output,
            "Cpus_allowed_list:\t" + std::to_string(highest) + "\n");
  command.cpus = {CPU_SETSIZE - 1};  // no machine of ours
  EXPECT_EQ(run_command(command, soon()).exit_status, 126);
}

TEST(RunCommand, GivesNothingButWhatIsNamed) {
  ::setenv("WORKSPACE_TEST_LEAK", "1", 1);
  const UniqueFd inheritable(::open("/dev/null", O_RDONLY));
  Command command = shell("env; cat; ls /proc/self/fd");
  command.environment = {"A=b=c d"};
  const auto result = run_command(command, soon());
  ::unsetenv("WORKSPACE_TEST_LEAK");
  EXPECT_THAT(result.output, HasSubstr("A=b=c d\n"));
  EXPECT_THAT(result.output, HasSubstr("PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
  EXPECT_THAT(result.output, Not(HasSubstr("WORKSPACE_TEST_LEAK")));
  // The fourth is the folder that ls reads.
  EXPECT_THAT(result.output, ::testing::EndsWith("0\n1\n2\n3\n"));
}

TEST(RunCommand, KeepsTheDescriptorsThatAreNamed) {
  const TemporaryFolder folder;
  const UniqueFd kept(::open(folder.write("f", "kept").c_str(), O_RDONLY | O_CLOEXEC));
  Command command = shell("cat <&" + std::to_string(kept.get()));
  command.kept_fds = {kept.get()};
  EXPECT_EQ(run_command(command, soon()).output, "kept");
}

TEST(RunCommand, BoundsEachStreamAndDrainsIt) {
  const auto result = run_command(
      shell("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exit 7"), soon(), 1000);
  EXPECT_EQ(result.output.size(), 1000U);
  EXPECT_EQ(result.error_output.size(), 1000U);
  EXPECT_EQ(result.exit_status, 7);
}

TEST(RunCommand, KillsTheProcessGroupAtTheDeadline) {
  const TemporaryFolder folder;
  const std::string pid_file = folder.file("pid");
  const auto start = std::chrono::steady_clock::now();
  expect_error(
      [&] {
        run_command(shell("sleep 60 & echo $! >" + pid_file + "; sleep 60"),
                    Deadline::in(milliseconds(300)));
      },
      ErrorKind::kTimeout, StrEq("sh did not end in time and was killed"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(20));
  const std::string pid = read_file(pid_file, 32);
  const auto number = static_cast<pid_t>(*parse_decimal(pid.substr(0, pid.size() - 1)));
  // It is init's to reap, which may take a moment.
  const Deadline reaped = Deadline::in(seconds(10));
  while (::kill(number, 0) == 0 && !reaped.passed()) {
    const std::string stat = read_file("/proc/" + std::to_string(number) + "/stat", 4096);
    if (stat.find(") Z ") != std::string::npos) break;
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_FALSE(reaped.passed());
}

TEST(RunCommand, RunsAsWhomItIsTold) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  Command command = shell("id -u; id -g; id -G");
  command.credentials = Credentials{65534, 65533, {65532, 65531}};
  EXPECT_EQ(run_command(command, soon()).output, "65534\n65533\n65533 65531 65532\n");
}

TEST(RunCommand, LimitsAToolThatReadsWhatIsNotTrusted) {
  Command command = shell("ulimit -v; ulimit -t");
  command.max_memory_bytes = 512 << 20;
  command.max_cpu_s = 7;
  EXPECT_EQ(run_command(command, soon()).output, "524288\n7\n");
}

TEST(RunCommand, IsolatesAToolThatReadsWhatIsNotTrusted) {
  Command command = shell(
      "grep NoNewPrivs /proc/self/status; ulimit -c; wc -l </proc/net/dev; head -c 2048 /dev/zero "
      ">f");
  command.isolated = true;
  command.max_file_bytes = 1024;
  const TemporaryFolder folder;
  command.argv[2] = "cd " + folder.path() + "; " + command.argv[2];
  const auto result = run_command(command, soon());
  // Two lines of headings and the loopback link of a network namespace of its own.
  EXPECT_EQ(result.output, "NoNewPrivs:\t1\n0\n3\n");
  EXPECT_EQ(result.exit_status, 128 + SIGXFSZ);
  EXPECT_EQ(read_file(folder.file("f"), 4096).size(), 1024U);
}

TEST(RunPipeline, JoinsProgramsAndTellsEachOnesEnd) {
  int watched = 0;
  const auto results = run_pipeline(
      {shell("echo a; sleep 0.5; echo b; echo first >&2"), shell("cat; exit 3"), shell("tr ab xy")},
      soon(), [&] { ++watched; });
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].error_output, "first\n");
  EXPECT_EQ(results[1].exit_status, 3);
  EXPECT_EQ(results[2].output, "x\ny\n");
  EXPECT_GT(watched, 0);
  // One that ends early does not hold up the one before it.
  EXPECT_EQ(run_pipeline({shell("yes"), shell("head -n1")}, soon())[0].exit_status, 128 + SIGPIPE);
}

TEST(RunPipeline, KillsAllWhenTheWatcherThrowsOrTheTimeIsUp) {
  const std::vector<Command> endless = {shell("exec sleep 3000"), shell("exec cat")};
  expect_error(
      [&] { run_pipeline(endless, soon(), [] { throw Error(ErrorKind::kDenied, "no"); }); },
      ErrorKind::kDenied, StrEq("no"));
  expect_error([&] { run_pipeline(endless, Deadline::in(milliseconds(300))); }, ErrorKind::kTimeout,
               StrEq("sh did not end in time and was killed"));
}

TEST(RunCommand, LooksForProgramsInTheSystemsFoldersAlone) {
  const TemporaryFolder folder;
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", folder.path().c_str(), 1);
  ASSERT_EQ(::chmod(folder.write("workspace-test-tool", "#!/bin/sh\n").c_str(), 0755), 0);
  expect_error([] { run_command(command_of({"workspace-test-tool"}), soon()); }, ErrorKind::kHost,
               StrEq("the program workspace-test-tool is not installed on this node"));
  ::setenv("PATH", path.c_str(), 1);
  expect_error([] { run_command(command_of({"/none/tool"}), soon()); }, ErrorKind::kHost,
               StrEq("starting /none/tool: No such file or directory"));
}

TEST(CheckCommand, TellsTheLastLineOfAFailure) {
  EXPECT_EQ(check_command(shell("echo fine"), soon()), "fine\n");
  expect_error([] { check_command(shell("echo one >&2; echo 'two\033' >&2; exit 1"), soon()); },
               ErrorKind::kHost, ::testing::EndsWith(": two\\x1b"));
  expect_error([] { check_command(command_of({"false"}), soon()); }, ErrorKind::kHost,
               StrEq("false: exit status 1"));
}

TEST(StartDetached, LeavesAProcessOfItsOwnSession) {
  const TemporaryFolder folder;
  const std::string log = folder.file("log");
  const pid_t pid = start_detached(shell("echo session $(cut -d' ' -f6 /proc/$$/stat) >&2"), log);
  ASSERT_GT(pid, 0);
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  EXPECT_EQ(read_file(log, 100), "session " + std::to_string(pid) + "\n");
}

}  // namespace
}  // namespace workspace
