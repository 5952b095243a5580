#include "libworkspace/lifecycle/steps.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

std::string failure_of(ErrorKind kind) {
  Steps steps;
  try {
    steps.run("stage", "staging the image", [&] { throw Error(kind, "it went wrong"); });
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind);
    EXPECT_TRUE(steps.times_ms().empty());
    return e.text();
  }
  return "(nothing thrown)";
}

TEST(Steps, TellWhatWasBeingDoneForAHostsFaultAlone) {
  EXPECT_EQ(failure_of(ErrorKind::kHost), "staging the image: it went wrong");
  EXPECT_EQ(failure_of(ErrorKind::kTimeout), "staging the image: it went wrong");
  EXPECT_EQ(failure_of(ErrorKind::kExceeded), "it went wrong");
  EXPECT_EQ(failure_of(ErrorKind::kGuest), "it went wrong");
}

TEST(Steps, KeepTheirOrderAndTimes) {
  Steps steps;
  std::string order;
  steps.run("first", "doing the first", [&] { order += "1"; });
  steps.run("second", "doing the second", [&] { order += "2"; });
  EXPECT_EQ(order, "12");
  ASSERT_EQ(steps.times_ms().size(), 2U);
  EXPECT_EQ(steps.times_ms()[0].first, "first");
  EXPECT_EQ(steps.times_ms()[1].first, "second");
}

TEST(Steps, AddUpTheTimesOfOneThatRanTwice) {
  Steps steps;
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  steps.run("first", "doing the first", wait);
  const auto once_ms = steps.times_ms()[0].second;
  steps.run("second", "doing the second", [] {});
  steps.run("first", "doing the first again", wait);
  ASSERT_EQ(steps.times_ms().size(), 2U);
  EXPECT_GE(once_ms, 2U);
  EXPECT_GE(steps.times_ms()[0].second, once_ms + 2);
}

}  // namespace
}  // namespace workspace
