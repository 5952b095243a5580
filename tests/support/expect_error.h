#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "libworkspace/base/error.h"

namespace workspace::testing {

/// The Error that `act` throws; a test failure and nothing if it throws none.
inline std::optional<Error> error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no Error was thrown";
  return std::nullopt;
}

/// Asserts that `act` throws an Error of this kind whose text is matched: a bad value is refused
/// for the right reason only if the words say so.
inline void expect_error(const std::function<void()>& act, ErrorKind kind,
                         const ::testing::Matcher<const std::string&>& text) {
  const auto error = error_of(act);
  if (!error) return;
  EXPECT_EQ(name_of(error->kind()), name_of(kind));
  EXPECT_THAT(error->text(), text);
}

}  // namespace workspace::testing
