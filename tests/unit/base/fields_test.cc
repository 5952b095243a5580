#include "libworkspace/base/fields.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

TEST(Fields, GoThroughLinesAndOneLine) {
  Fields fields;
  fields.add("name", "a b\nc%");
  fields.add("empty", "");
  fields.add("step.boot_ms", std::uint64_t{1234});
  EXPECT_EQ(fields.to_lines(), "name=a%20b%0Ac%25\nempty=\nstep.boot_ms=1234\n");
  EXPECT_EQ(fields.to_line(), "name=a%20b%0Ac%25 empty= step.boot_ms=1234");

  for (Fields read : {Fields::from_lines(fields.to_lines()), Fields::from_line(fields.to_line())}) {
    EXPECT_TRUE(read.has("empty"));
    EXPECT_FALSE(read.has("other"));
    EXPECT_EQ(read.take("name"), "a b\nc%");
    EXPECT_EQ(read.take_or("empty", "x"), "");
    EXPECT_EQ(read.take_or("other", "x"), "x");
    EXPECT_EQ(read.take_number("step.boot_ms"), 1234U);
    read.expect_empty();
  }
}

TEST(Fields, OfNoTextAreNone) {
  Fields::from_lines("").expect_empty();
  Fields::from_line("").expect_empty();
}

TEST(Fields, WithAPrefixComeInTheirOrder) {
  Fields fields = Fields::from_line("step.b=1 other=2 step.a=3");
  std::string name;
  std::string value;
  std::vector<std::string> seen;
  while (fields.take_prefixed("step.", name, value)) seen.push_back(name + value);
  EXPECT_EQ(seen, (std::vector<std::string>{"b1", "a3"}));
  EXPECT_EQ(fields.take("other"), "2");
}

TEST(Fields, RefuseWhatTheyWouldNotHaveWritten) {
  struct Case {
    const char* line;
    const char* text;
  };
  const std::vector<Case> cases = {
      {"a", "'a' is not NAME=VALUE"},
      {"a=1  b=2", "'' is not NAME=VALUE"},
      {"a=1 ", "'' is not NAME=VALUE"},
      {"=1", "'' is not the name of a field"},
      {"A=1", "'A' is not the name of a field"},
      {"1a=1", "'1a' is not the name of a field"},
      {"a-b=1", "'a-b' is not the name of a field"},
      {"a=1 a=2", "field 'a' is given twice"},
      {"a=%", "field 'a' has a value that is not percent-encoded"},
      {"a=b\"c", "field 'a' has a value that is not percent-encoded"},
      {"a=1\nb=2", "field 'a' has a value that is not percent-encoded"},
      {"a=1\tb=2", "field 'a' has a value that is not percent-encoded"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    expect_error([&] { Fields::from_line(c.line); }, ErrorKind::kInvalid, StrEq(c.text));
  }
  expect_error([] { Fields::from_lines("a=1\nb=2"); }, ErrorKind::kInvalid,
               StrEq("the last line is cut off"));
  expect_error([] { Fields::from_lines("a=1\n\n"); }, ErrorKind::kInvalid,
               StrEq("'' is not NAME=VALUE"));
}

TEST(Fields, RefuseWhatTheyCannotCarry) {
  Fields fields;
  expect_error([&] { fields.add("Name", "x"); }, ErrorKind::kInvalid,
               StrEq("'Name' is not the name of a field"));
  expect_error([&] { fields.add("name", std::string_view("a\0b", 3)); }, ErrorKind::kInvalid,
               StrEq("field 'name' has a NUL in its value"));
}

TEST(Fields, TellWhichFieldIsWrong) {
  Fields fields = Fields::from_line("n=12 word=abc rest=1");
  expect_error([&] { fields.take("m"); }, ErrorKind::kInvalid, StrEq("field 'm' is missing"));
  expect_error([&] { fields.take_number("word"); }, ErrorKind::kInvalid,
               StrEq("field 'word' is 'abc', not a whole number up to 18446744073709551615"));
  expect_error([&] { fields.take_number("n", 11); }, ErrorKind::kInvalid,
               StrEq("field 'n' is '12', not a whole number up to 11"));
  expect_error([&] { fields.expect_empty(); }, ErrorKind::kInvalid,
               StrEq("field 'rest' is not known"));
}

}  // namespace
}  // namespace workspace
