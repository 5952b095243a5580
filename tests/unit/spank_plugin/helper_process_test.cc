#include "spank_plugin/helper_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "libworkspace/base/fd.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;

HelperResult run_shell(const std::string& script, std::chrono::milliseconds limit) {
  return run_helper({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin", "A=b c"},
                    Deadline::in(limit));
}

HelperResult run_shell(const std::string& script) {
  return run_shell(script, std::chrono::seconds(20));
}

TEST(HelperProcess, TellsOutputErrorsAndStatusApart) {
  const auto result = run_shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error_output, "err\n");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(run_shell("kill -TERM $$").exit_status, 128 + SIGTERM);
}

TEST(HelperProcess, GetsNothingButWhatItIsGiven) {
  ::setenv("WORKSPACE_TEST_LEAK", "1", 1);
  const UniqueFd inheritable(::open("/dev/null", O_RDONLY));
  const auto result = run_shell("/usr/bin/env; cat; ls /proc/self/fd | wc -l");
  // Standard descriptors and the folder that ls reads.
  EXPECT_THAT(result.output, HasSubstr("A=b c\n"));
  EXPECT_THAT(result.output, HasSubstr("\n4\n"));
  EXPECT_THAT(result.output, ::testing::Not(HasSubstr("WORKSPACE_TEST_LEAK")));
  ::unsetenv("WORKSPACE_TEST_LEAK");
}

TEST(HelperProcess, BoundsOutputAndStillEnds) {
  const auto result = run_shell("head -c 1000000 /dev/zero; echo end >&2");
  EXPECT_EQ(result.output.size(), 65536U);
  EXPECT_EQ(result.error_output, "end\n");
}

TEST(HelperProcess, IsKilledWithItsChildrenAtTheDeadline) {
  const auto start = std::chrono::steady_clock::now();
  expect_error([] { run_shell("sleep 60 & sleep 60", std::chrono::milliseconds(200)); },
               ErrorKind::kTimeout, HasSubstr("/bin/sh did not end in time and was killed"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(HelperProcess, ThatIsNotThereIsAFaultOfTheHost) {
  expect_error([] { run_helper({"/none/program"}, {}, Deadline::in(std::chrono::seconds(5))); },
               ErrorKind::kHost, HasSubstr("starting /none/program: No such file or directory"));
}

TEST(LastLine, IsWhatAnErrorIsToldBy) {
  EXPECT_EQ(last_line(""), "");
  EXPECT_EQ(last_line("one"), "one");
  EXPECT_EQ(last_line("one\ntwo\n\n"), "two");
  EXPECT_EQ(last_line("a\x1b[31mb\n"), "a\\x1b[31mb");
}

/// In a process of its own, whose streams are files.
int relay_into(const std::string& script, const std::string& out, const std::string& err) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    auto helper = start_helper({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"});
    ::_exit(relay_helper(helper));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

TEST(StartedHelper, IsRelayedToItsEnd) {
  const testing::TemporaryFolder folder;
  const std::string out = folder.file("out");
  const std::string err = folder.file("err");
  const int status = relay_into("echo one; sleep 0.1; echo two; echo bad >&2; exit 7", out, err);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(read_file(out, 100), "one\ntwo\n");
  EXPECT_EQ(read_file(err, 100), "bad\n");
}

TEST(StartedHelper, IsToldThatNobodyReadsItAnyMore) {
  auto helper = start_helper({"/bin/sh", "-c", "while echo more; do sleep 0.05; done 2>/dev/null"},
                             {"PATH=/usr/bin:/bin"});
  helper.output.reset();
  int status = 0;
  ASSERT_EQ(::waitpid(helper.pid, &status, 0), helper.pid);
}

}  // namespace
}  // namespace workspace
