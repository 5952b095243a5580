#include "libworkspace/base/bounded_call.h"

#include <string>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

TEST(BoundedCallTest, GivesWhatTheCallGives) {
  const auto deadline = Deadline::in(std::chrono::seconds(10));
  EXPECT_EQ(bounded_call<std::string>("the answer", deadline, [] { return "42"; }), "42");
  expect_error(
      [&] {
        bounded_call<void>("the answer", deadline, [] { throw Error(ErrorKind::kDenied, "no"); });
      },
      ErrorKind::kDenied, "no");
}

TEST(BoundedCallTest, WhatTheCallOwnedIsGoneWhenItReturns) {
  const auto owned = std::make_shared<int>(42);
  bounded_call<void>("the answer", Deadline::in(std::chrono::seconds(10)), [owned] {});
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(BoundedCallTest, ACallThatHangsIsLeftBehind) {
  const auto release = std::make_shared<std::promise<void>>();
  const auto ended = std::make_shared<std::promise<void>>();
  expect_error(
      [&] {
        bounded_call<void>("the answer", Deadline::in(std::chrono::milliseconds(20)),
                           [release, ended] {
                             release->get_future().wait();
                             ended->set_value();
                           });
      },
      ErrorKind::kTimeout, "the answer: no answer in time");
  release->set_value();
  ended->get_future().wait();
}

}  // namespace
}  // namespace workspace
