#include "libworkspace/catalog/strict_yaml.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StartsWith;

std::string as_text(const std::string& text) { return text; }

TEST(StrictYaml, ReadsMapsAndValuesAsTheyAreWritten) {
  const auto map = YamlMap::parse(
      "# a comment\n"
      "plain: 1.10\n"
      "quoted: \"1.10\"\n"
      "flow: {inner: {deep: yes}}\n"
      "block:\n"
      "  inner: no\n",
      "f");
  EXPECT_EQ(map.required("plain", as_text), "1.10");
  EXPECT_EQ(map.required("quoted", as_text), "1.10");
  EXPECT_EQ(map.required_map("flow").required_map("inner").required("deep", as_text), "yes");
  EXPECT_EQ(map.required_map("block").required("inner", as_text), "no");
  EXPECT_EQ(map.optional("absent", as_text), std::nullopt);
  EXPECT_FALSE(map.optional_map("absent").has_value());
}

TEST(StrictYaml, AnEmptyTextIsAnEmptyMap) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "{}\n"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(YamlMap::parse(text, "f").optional("a", as_text), std::nullopt);
  }
}

TEST(StrictYaml, RefusesWhatIsNoPlainMap) {
  struct Case {
    std::string text;
    const char* message;
  };
  const std::string deep = "a: {b: {c: {d: {e: 1}}}}\n";
  for (const auto& [text, message] : {
           Case{"a: 1\na: 2\n", "f:2: key 'a' is given twice, first in line 1"},
           Case{"a: {b: 1, b: 1}\n", "f:1: key 'b' is given twice, first in line 1"},
           Case{"a: &x 1\n", "f:1: anchors are not allowed"},
           Case{"a: &x {b: 1}\n", "f:1: anchors are not allowed"},
           Case{"a: 1\nb: *x\n", "f:2: "},
           Case{"a: !!str 1\n", "f:1: tags such as 'tag:yaml.org,2002:str' are not allowed"},
           Case{"a: !mine {b: 1}\n", "f:1: tags such as '!mine' are not allowed"},
           Case{"a: [1, [2]]\n", "f:1: a list is not expected here"},
           Case{"a: [1, {b: 2}]\n", "f:1: a list holds plain values, not maps"},
           Case{"a: [1, ~]\n", "f:1: an item of the list has no value"},
           Case{"a: &x [1]\n", "f:1: anchors are not allowed"},
           Case{"a: [&x 1]\n", "f:1: anchors are not allowed"},
           Case{"a: [b, c, b]\n", "f:1: 'b' is given twice in the list"},
           Case{"a: [1\n", "f:1: a list holds plain values, not maps"},
           Case{"[a]: 1\n", "f:1: a list is not expected here"},
           Case{"- a\n- b\n", "f:1: a list is not expected here"},
           Case{"a:\nb: 1\n", "f:1: key 'a' has no value"},
           Case{"a: ~\n", "f:1: key 'a' has no value"},
           Case{"~: a\n", "f:1: a key is empty"},
           Case{"{a: 1}: 2\n", "f:1: a key must be a word, not a map"},
           Case{"just words\n", "f:1: 'KEY: VALUE' is expected"},
           Case{"a: 1\n---\nb: 2\n", "f:2: a second document begins"},
           Case{deep, "f:1: maps are nested too deep"},
           Case{"a: \"unterminated\n", "f:1: not YAML: illegal EOF in scalar"},
           Case{"a: 'b\n# the quote is still open\n\n", "f:2: not YAML: illegal EOF in scalar"},
           Case{"a: {b: 1\n", "f:1: not YAML: end of map flow not found"},
           Case{"a: 1\n b: 2\n", "f:2: not YAML: "},
           Case{std::string("a: 1\nb: \x04\n", 10), "f:2: the control byte '\\x04' is not allowed"},
           Case{std::string("a: \0b\n", 6), "f:1: the control byte '\\x00' is not allowed"},
           Case{"a: \x1b[31m\n", "f:1: the control byte '\\x1b' is not allowed"},
       }) {
    SCOPED_TRACE(text);
    expect_error([&] { YamlMap::parse(text, "f"); }, ErrorKind::kInvalid, StartsWith(message));
  }
}

TEST(StrictYaml, ReadsLists) {
  const auto map =
      YamlMap::parse("flow: [a, \"b c\"]\nempty: []\nblock:\n- x\n- y\nlast: 1\n", "f");
  EXPECT_EQ(map.optional_list("flow", as_text), (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(map.optional_list("empty", as_text), std::vector<std::string>());
  EXPECT_EQ(map.optional_list("block", as_text), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(map.optional_list("absent", as_text), std::nullopt);
  EXPECT_EQ(map.required("last", as_text), "1");
  expect_error([&] { (void)map.optional_list("last", as_text); }, ErrorKind::kInvalid,
               "f:6: key 'last' takes a list, such as [a, b]");
  expect_error([&] { (void)map.required("flow", as_text); }, ErrorKind::kInvalid,
               "f:1: key 'flow' takes one value, not a list");
  expect_error([&] { (void)map.required_map("block"); }, ErrorKind::kInvalid,
               "f:3: key 'block' takes a map, not a list");
}

TEST(StrictYaml, TellsTheKeysOfAnOpenMap) {
  const auto map = YamlMap::parse("b: 1\na: 2\n", "f");
  EXPECT_EQ(map.keys([](const std::string&) {}), (std::vector<std::string>{"b", "a"}));
  const auto refuse_a = [](const std::string& key) {
    if (key == "a") throw Error(ErrorKind::kInvalid, "no a");
  };
  expect_error([&] { (void)map.keys(refuse_a); }, ErrorKind::kInvalid, "f:2: no a");
}

TEST(StrictYaml, WidthIsBounded) {
  std::string wide_map;
  std::string wide_list = "a: [";
  for (int i = 0; i < 257; ++i) {
    wide_map += "k" + std::to_string(i) + ": 1\n";
    wide_list += std::to_string(i) + ",";
  }
  expect_error([&] { YamlMap::parse(wide_map, "f"); }, ErrorKind::kInvalid,
               "f:257: a map has at most 256 keys");
  expect_error([&] { YamlMap::parse(wide_list + "]", "f"); }, ErrorKind::kInvalid,
               "f:1: a list has at most 256 items");
}

TEST(StrictYaml, DepthIsNoBurden) {
  const std::string brackets(1 << 16, '{');
  expect_error([&] { YamlMap::parse(brackets, "f"); }, ErrorKind::kInvalid, StartsWith("f:1: "));
  // A "billion laughs" text ends at its first anchor.
  expect_error([] { YamlMap::parse("a: &a {x: y}\nb: {p: *a, q: *a}\n", "f"); },
               ErrorKind::kInvalid, StartsWith("f:1: anchors are not allowed"));
}

TEST(StrictYaml, KeysAreToldByPlaceAndNearestName) {
  const auto map = YamlMap::parse("name: x\nmemroy: 1\nneeds: {a: 1}\n", "f");
  expect_error(
      [&] {
        map.allow_only({"name", "memory", "needs"});
      },
      ErrorKind::kInvalid, "f:2: unknown key 'memroy'; did you mean 'memory'?");
  expect_error(
      [&] {
        map.allow_only({"name", "zzzzzz", "needs"});
      },
      ErrorKind::kInvalid, "f:2: unknown key 'memroy'");
  expect_error([&] { (void)map.required("size", as_text); }, ErrorKind::kInvalid,
               "f:1: key 'size' is missing");
  expect_error([&] { (void)map.required("needs", as_text); }, ErrorKind::kInvalid,
               "f:3: key 'needs' takes one value, not a map");
  expect_error([&] { (void)map.required_map("name"); }, ErrorKind::kInvalid,
               "f:1: key 'name' takes a map, not one value");
  const auto failing = [](const std::string& text) -> int {
    throw Error(ErrorKind::kInvalid, "'" + text + "' is no number");
  };
  expect_error([&] { (void)map.required("memroy", failing); }, ErrorKind::kInvalid,
               "f:2: '1' is no number");
}

}  // namespace
}  // namespace workspace
