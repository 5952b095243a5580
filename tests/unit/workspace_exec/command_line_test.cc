#include "spank_plugin/workspace_exec/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace::exec {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;
using workspace::testing::expect_error;

TEST(CommandLine, IsParsed) {
  const auto line = CommandLine::parse({"--fd", "7", "--script", "/s", "--", "prog", "--fd", "--"});
  EXPECT_EQ(line.connection_fd, 7);
  EXPECT_EQ(line.script_path, "/s");
  EXPECT_THAT(line.task_argv, ElementsAre("prog", "--fd", "--"));
  EXPECT_EQ(CommandLine::parse({"--fd", "0", "--", "x"}).script_path, "");
  EXPECT_EQ(CommandLine::parse({"--fd", "0", "--", "x"}).host_commands.commands,
            HostCommands::none());
}

TEST(CommandLine, SaysWhatMayRunOnTheNode) {
  const auto rules = CommandLine::parse({"--fd", "0", "--host-commands", "sinfo", "--slurm-bin",
                                         "/b", "--slurm-conf", "/c", "--", "x"})
                         .host_commands;
  EXPECT_EQ(rules.commands.to_string(), "sinfo");
  EXPECT_EQ(rules.slurm_bin, "/b");
  EXPECT_EQ(rules.slurm_conf, "/c");
}

TEST(CommandLine, SaysHowTheTaskIsPrepared) {
  const auto line = CommandLine::parse(
      {"--fd", "0", "--task-prolog", "/p", "--vcpus", "1,3", "--memory-mib", "448", "--", "x"});
  EXPECT_EQ(line.task_prolog, "/p");
  EXPECT_THAT(line.vcpus, ElementsAre(1U, 3U));
  EXPECT_EQ(line.memory_mib, 448U);
}

TEST(CommandLine, NamesTheConnectionToTheWatch) {
  EXPECT_EQ(CommandLine::parse({"--fd", "0", "--watch-fd", "9", "--", "x"}).watch_fd, 9);
  EXPECT_EQ(CommandLine::parse({"--fd", "0", "--", "x"}).watch_fd, -1);
}

TEST(CommandLine, IsRefused) {
  const struct {
    std::vector<std::string> arguments;
    const char* text;
  } cases[] = {
      {{}, "--fd is missing; usage: workspace-exec --fd N"},
      {{"--", "x"}, "--fd is missing; usage: "},
      {{"--fd"}, "--fd needs a value; usage: "},
      {{"--fd", "seven"}, "--fd needs the number of a descriptor; usage: "},
      {{"--fd", "-1"}, "--fd needs the number of a descriptor; usage: "},
      {{"--fd", "7", "--watch-fd", "x"}, "--watch-fd needs the number of a descriptor; usage: "},
      {{"--fd", "7"}, "the task's program is missing; usage: "},
      {{"--fd", "7", "--"}, "the task's program is missing; usage: "},
      {{"--fd", "7", "--vcpus", "1-3"}, "--vcpus needs numbers, such as 0,2; usage: "},
      {{"--fd", "7", "--vcpus", ""}, "--vcpus needs numbers, such as 0,2; usage: "},
      {{"--fd", "7", "--memory-mib", "1G"}, "--memory-mib needs a number; usage: "},
      {{"--fd", "7", "prog"}, "unknown option 'prog'; usage: "},
  };
  for (const auto& c : cases) {
    expect_error([&] { CommandLine::parse(c.arguments); }, ErrorKind::kUsage, StartsWith(c.text));
  }
}

}  // namespace
}  // namespace workspace::exec
