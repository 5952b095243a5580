#include "libworkspace/guest/task_spec.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

TaskSpec sample() {
  TaskSpec spec;
  spec.argv = {"prog", "", "two words", "line\nbreak \xff"};
  spec.environment = {"A=1", "EMPTY=", "odd"};
  spec.from_inside = true;
  spec.working_directory = "/tmp";
  spec.umask = 077;
  spec.limits = {{"nofile", 1024, 4096}, {"core", 0, ResourceLimit::kUnlimited}};
  spec.stdio = {StdioKind::kClosed, StdioKind::kRelayed, StdioKind::kNull};
  spec.pmi_fd = 21;
  spec.vcpus = {1, 3};
  spec.script_path = "/spool/job42/slurm_script";
  return spec;
}

std::string item(int tag, const std::string& value) {
  return static_cast<char>(tag) + encode_u32(static_cast<std::uint32_t>(value.size())) + value;
}

TEST(TaskSpec, ComesBackAsItWasSent) {
  const TaskSpec spec = sample();
  const TaskSpec back = TaskSpec::parse(spec.encode());
  EXPECT_EQ(back.argv, spec.argv);
  EXPECT_EQ(back.environment, spec.environment);
  EXPECT_TRUE(back.from_inside);
  EXPECT_EQ(back.working_directory, "/tmp");
  EXPECT_EQ(back.umask, 077U);
  ASSERT_EQ(back.limits.size(), 2U);
  EXPECT_EQ(back.limits[0].name, "nofile");
  EXPECT_EQ(back.limits[0].soft, 1024U);
  EXPECT_EQ(back.limits[0].hard, 4096U);
  EXPECT_EQ(back.limits[1].hard, ResourceLimit::kUnlimited);
  EXPECT_EQ(back.stdio, spec.stdio);
  EXPECT_EQ(back.pmi_fd, 21);
  EXPECT_EQ(back.vcpus, spec.vcpus);
  EXPECT_EQ(back.script_path, spec.script_path);
  EXPECT_FALSE(back.wants_terminal());
}

TEST(TaskSpec, TellsTheTerminalsSize) {
  TaskSpec spec = sample();
  spec.stdio = {StdioKind::kTerminal, StdioKind::kTerminal, StdioKind::kTerminal};
  spec.terminal = {50, 132};
  const TaskSpec back = TaskSpec::parse(spec.encode());
  EXPECT_TRUE(back.wants_terminal());
  EXPECT_EQ(back.terminal.rows, 50);
  EXPECT_EQ(back.terminal.columns, 132);
}

TEST(TaskSpec, IsRefused) {
  const std::string good = sample().encode();
  const struct {
    std::string bytes;
    std::string text;
  } cases[] = {
      {"", "the task's specification: it names no program"},
      {item(1, ""), "the task's specification: it names no program"},
      {item(1, "prog"), "the task's specification: it names no working directory"},
      {good.substr(0, good.size() - 1), "the task's specification: it is cut off"},
      {good + "\1", "the task's specification: it is cut off"},
      {item(99, "x"), "the task's specification: unknown item 99"},
      {item(1, std::string("a\0b", 3)), "the task's specification: a text has a NUL in it"},
      {item(3, "tmp"), "the task's specification: 'tmp' is not an absolute path"},
      {item(8, ""), "the task's specification: '' is not an absolute path"},
      {item(4, encode_u32(01000)), "the task's specification: the umask is above 0777"},
      {item(5, "nofile 1"), "the task's specification: 'nofile 1' is not NAME SOFT HARD"},
      {item(5, "files 1 2"), "the task's specification: there is no resource 'files'"},
      {item(5, "nofile -1 2"), "the task's specification: '-1' is not a limit"},
      {item(10, "1"), "protocol error: vCPU of 1 bytes instead of 4"},
      {item(9, encode_u32(2)), "the task's specification: PMI_FD 2 is not from 3 to 1023"},
      {item(9, encode_u32(1024)), "the task's specification: PMI_FD 1024 is not from 3 to 1023"},
      {item(6, "\1\1"), "the task's specification: it does not tell of three standard descriptors"},
      {item(6, "\1\1\5"), "the task's specification: a standard descriptor is of an unknown kind"},
      {item(6, "\2\1\4"),
       "the task's specification: a standard descriptor is to be as a stdout that is not relayed"},
      {item(6, "\2\4\2"),
       "the task's specification: a standard descriptor is to be as a stdout that is not relayed"},
  };
  for (const auto& c : cases)
    expect_error([&] { TaskSpec::parse(c.bytes); }, ErrorKind::kInvalid, StrEq(c.text));
}

}  // namespace
}  // namespace workspace
