#include "libworkspace/hypervisor/console.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "libworkspace/base/fd.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

TEST(ConsoleLinesTest, KeepsWholeLinesFromTheEnd) {
  const struct {
    const char* output;
    std::size_t max_bytes;
    const char* tail;
  } cases[] = {
      {"", 100, ""},
      {"one\r\ntwo\r\n", 100, "one\ntwo\n"},
      {"one\n\n \r\ntwo", 100, "one\ntwo\n"},
      {"one\ntwo\n", 8, "one\ntwo\n"},
      {"one\ntwo\n", 7, "two\n"},
      {"one\na long line\n", 5, "a lo\n"},
      {"one\n", 0, ""},
      {"\x1b[2Jforged\x07\n", 100, "\\x1b[2Jforged\\x07\n"},
      {"prolog: error: \xc3\xa4\n", 100, "prolog: error: \\xc3\\xa4\n"},
      {"agent: no disk\nKernel panic - not syncing: init died\r\nCPU: 0\n <TASK>\n", 100,
       "agent: no disk\nKernel panic - not syncing: init died\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(console_lines(c.output, c.max_bytes), c.tail) << c.output;
}

TEST(ConsoleTest, ReadsTheEndOfALogOnly) {
  const testing::TemporaryFolder folder;
  const std::string log = folder.write("log", std::string(100'000, 'x') + "\nend\n");
  const std::string output = read_console_log(log);
  EXPECT_EQ(output.size(), 65536U);
  EXPECT_TRUE(output.ends_with("x\nend\n"));
  EXPECT_EQ(read_console_log(folder.file("none")), "");
  ASSERT_EQ(::symlink(log.c_str(), folder.file("link").c_str()), 0);
  EXPECT_EQ(read_console_log(folder.file("link")), "");
}

TEST(ConsoleTest, TakesWhatWaitsOnAPty) {
  const UniqueFd controller(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(::grantpt(controller.get()), 0);
  ASSERT_EQ(::unlockpt(controller.get()), 0);
  const std::string pty = ::ptsname(controller.get());
  const UniqueFd held(::open(pty.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  write_all(controller.get(), "Kernel panic\n", "writing");

  const auto deadline = Deadline::in(std::chrono::seconds(5));
  EXPECT_EQ(read_console_pty(pty, deadline), "Kernel panic\n");
  EXPECT_EQ(read_console_pty("/etc/passwd", deadline), "");
  EXPECT_EQ(read_console_pty("/dev/pts/none", deadline), "");
}

}  // namespace
}  // namespace workspace
