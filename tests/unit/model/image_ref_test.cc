#include "libworkspace/model/image_ref.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

TEST(ImageName, TakesASmallAlphabet) {
  const std::vector<std::string> names = {"a", "7", "legacy-bullseye", "el5.11_x86",
                                          std::string(64, 'a')};
  for (const auto& text : names) {
    EXPECT_EQ(ImageName::parse(text).text(), text);
  }
}

TEST(ImageName, RefusesTheRestAndTellsWhere) {
  struct Case {
    std::string text;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"", "image name '' is empty"},
      {"none", "image name 'none' is reserved: it asks for no workspace"},
      {std::string(300, 'a'), "has 300 characters; at most 64 are allowed"},
      {"Tiny",
       "has the character 'T' at position 1; allowed there are lower-case letters and digits"},
      {"tinY",
       "has the character 'Y' at position 4; allowed there are lower-case letters, digits, "
       "'.', '_' and '-'"},
      {"..", "has the character '.' at position 1"},
      {"a/b", "has the character '/' at position 2"},
      {"a b", "has the character ' ' at position 2"},
      {"a\nb", "has the character '\\x0a' at position 2"},
      {std::string("a\0b", 3), "has the character '\\x00' at position 2"},
      {"a$(id)", "has the character '$' at position 2"},
      {"caf\xc3\xa9", "has the character '\\xc3' at position 4"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    expect_error([&] { ImageName::parse(c.text); }, ErrorKind::kInvalid,
                 ::testing::HasSubstr(c.reason));
  }
}

TEST(ImageVersion, HasCapitalsAndPlusToo) {
  for (const char* text : {"1", "11.2", "2024-05-01", "RC1+b2", "a_b"}) {
    EXPECT_EQ(ImageVersion::parse(text).text(), text);
  }
  expect_error([] { ImageVersion::parse(""); }, ErrorKind::kInvalid,
               StrEq("image version '' is empty"));
  expect_error([] { ImageVersion::parse("1/2"); }, ErrorKind::kInvalid,
               StrEq("image version '1/2' has the character '/' at position 2; allowed there are "
                     "letters, digits, '.', '_', '+' and '-'"));
  expect_error([] { ImageVersion::parse("-1"); }, ErrorKind::kInvalid,
               StrEq("image version '-1' has the character '-' at position 1; allowed there are "
                     "letters and digits"));
}

TEST(ImageRef, GoesBothWays) {
  for (const char* text : {"tiny", "tiny:1", "legacy-bullseye:11.2+b1"}) {
    EXPECT_EQ(ImageRef::parse(text).to_string(), text);
  }
  EXPECT_EQ(ImageRef::parse("tiny").version, "");
  EXPECT_EQ(ImageRef::parse("tiny:1").version, "1");
}

TEST(ImageRef, TellsWhichPartIsWrong) {
  expect_error([] { ImageRef::parse("tiny:"); }, ErrorKind::kInvalid,
               StrEq("image version '' is empty"));
  expect_error([] { ImageRef::parse(":1"); }, ErrorKind::kInvalid, StrEq("image name '' is empty"));
  expect_error([] { ImageRef::parse("a:1:2"); }, ErrorKind::kInvalid,
               ::testing::HasSubstr("image version '1:2' has the character ':' at position 2"));
}

}  // namespace
}  // namespace workspace
