#include "libworkspace/model/variable_names.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

TEST(VariableNames, AreAListOfNames) {
  EXPECT_TRUE(parse_variable_names("").empty());
  EXPECT_EQ(parse_variable_names("PATH,_x,A1"), (std::vector<std::string>{"PATH", "_x", "A1"}));
}

TEST(VariableNames, RefuseTheRest) {
  const auto no_name = [](const std::string& name) {
    return "'" + name +
           "' is not the name of a variable; allowed are letters, digits and '_', no digit first";
  };
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {",", no_name("")},
      {"A,", no_name("")},
      {"A=1", no_name("A=1")},
      {"1A", no_name("1A")},
      {"A B", no_name("A B")},
      {"A,\n", no_name("\\x0a")},
      {std::string(129, 'A'), no_name(std::string(64, 'A') + "...")},
      {"B,A,B", "the variable B is named twice"},
  };
  for (const auto& c : cases) {
    expect_error([&] { parse_variable_names(c.text); }, ErrorKind::kInvalid, StrEq(c.message));
  }
  std::string many = "A";
  for (int i = 1; i < 64; ++i) many += ",A" + std::to_string(i);
  EXPECT_EQ(parse_variable_names(many).size(), 64U);
  expect_error([&] { parse_variable_names(many + ",B"); }, ErrorKind::kExceeded,
               StrEq("65 variables are named; at most 64 are allowed"));
}

}  // namespace
}  // namespace workspace
