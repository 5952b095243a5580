#include "libworkspace/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace workspace {
namespace {

using ::testing::ExitedWithCode;
using ::testing::StrEq;

/// In a process of its own: where the log goes is a program's, once for all.
[[noreturn]] void log_once(bool kept_from_stderr) {
  set_log_context("request", "42");
  if (kept_from_stderr) keep_log_from_stderr();
  log_info("resized\nforged");
  std::_Exit(0);
}

TEST(LogTest, IsOneLineWithItsContext) {
  EXPECT_EXIT(log_once(false), ExitedWithCode(0), StrEq("request: job 42: resized\\x0aforged\n"));
}

TEST(LogTest, IsKeptFromAUsersStderr) { EXPECT_EXIT(log_once(true), ExitedWithCode(0), StrEq("")); }

}  // namespace
}  // namespace workspace
