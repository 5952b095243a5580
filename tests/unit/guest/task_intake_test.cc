#include "libworkspace/guest/task_intake.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using ::testing::StrEq;
using workspace::testing::expect_error;

std::string spec_bytes(const std::string& script_path = "/spool/script") {
  TaskSpec spec;
  spec.argv = {"prog"};
  spec.working_directory = "/tmp";
  spec.script_path = script_path;
  return spec.encode();
}

Frame frame(FrameType type, std::string payload = {}) { return {type, 0, std::move(payload)}; }

TEST(TaskIntake, CollectsPieces) {
  const std::string bytes = spec_bytes();
  TaskIntake intake;
  EXPECT_FALSE(intake.take(frame(FrameType::kSpec, bytes.substr(0, 10))));
  EXPECT_FALSE(intake.take(frame(FrameType::kSpec, bytes.substr(10))));
  EXPECT_FALSE(intake.take(frame(FrameType::kSpecEnd)));
  EXPECT_FALSE(intake.take(frame(FrameType::kScript, "#!/bin/sh\n")));
  EXPECT_FALSE(intake.take(frame(FrameType::kScript, "echo\n")));
  EXPECT_TRUE(intake.take(frame(FrameType::kStart)));
  const TaskRequest request = intake.finish();
  EXPECT_EQ(request.spec.argv, std::vector<std::string>{"prog"});
  EXPECT_EQ(request.script, "#!/bin/sh\necho\n");
}

TEST(TaskIntake, KeepsTheOrder) {
  const Frame spec = frame(FrameType::kSpec, spec_bytes());
  const Frame plain = frame(FrameType::kSpec, spec_bytes(""));
  const Frame end = frame(FrameType::kSpecEnd);
  const Frame script = frame(FrameType::kScript, "x");
  const struct {
    std::vector<Frame> before;
    Frame bad;
    const char* text;
  } cases[] = {
      {{}, frame(FrameType::kStart), "protocol error: START out of order"},
      {{spec}, frame(FrameType::kStart), "protocol error: START out of order"},
      {{spec}, script, "protocol error: SCRIPT out of order"},
      {{spec, end}, spec, "protocol error: SPEC out of order"},
      {{spec, end}, end, "protocol error: SPEC_END out of order"},
      {{plain, end}, script, "protocol error: SCRIPT out of order"},
      {{spec, end}, frame(FrameType::kData, "x"), "protocol error: DATA out of order"},
      {{}, frame(FrameType::kHello), "protocol error: HELLO out of order"},
      {{}, end, "the task's specification: it names no program"},
  };
  for (const auto& c : cases) {
    TaskIntake intake;
    for (const auto& f : c.before) EXPECT_FALSE(intake.take(f));
    expect_error([&] { intake.take(c.bad); }, ErrorKind::kInvalid, StrEq(c.text));
  }
}

TEST(TaskIntake, IsBounded) {
  const Frame piece = frame(FrameType::kSpec, std::string(kMaxPayloadBytes, 'x'));
  TaskIntake intake;
  for (std::size_t i = 0; i < TaskSpec::kMaxBytes / kMaxPayloadBytes; ++i) intake.take(piece);
  expect_error([&] { intake.take(piece); }, ErrorKind::kInvalid,
               StrEq("protocol error: the task's specification is larger than 16777216 bytes"));

  const TaskIntake::Bounds narrow{spec_bytes().size(), 3};
  TaskIntake narrow_intake(narrow);
  narrow_intake.take(frame(FrameType::kSpec, spec_bytes()));
  EXPECT_EQ(narrow_intake.size_bytes(), spec_bytes().size());
  narrow_intake.take(frame(FrameType::kSpecEnd));
  narrow_intake.take(frame(FrameType::kScript, "123"));
  expect_error([&] { narrow_intake.take(frame(FrameType::kScript, "4")); }, ErrorKind::kInvalid,
               StrEq("protocol error: the batch script is larger than 3 bytes"));
}

}  // namespace
}  // namespace workspace
