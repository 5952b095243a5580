#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/expect_error.h"

namespace workspace::cli {
namespace {

using testing::expect_error;

constexpr std::array kOptions = {Option{"--json", "", "print JSON"},
                                 Option{"--disk", "SIZE", "the disk's size"}};

Arguments parse(const std::vector<std::string>& words, std::string_view synopsis) {
  return Arguments::parse(words, kOptions, synopsis);
}

TEST(Arguments, TakesOptionsAndWordsInAnyOrder) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"one", "--disk", "2G", "--json"},
                                             {"--json", "--disk=2G", "one"},
                                             {"--disk", "2G", "--json", "--", "one"}}) {
    const Arguments arguments = parse(words, "WORD");
    EXPECT_TRUE(arguments.has("--json"));
    EXPECT_EQ(arguments.value("--disk"), "2G");
    EXPECT_EQ(arguments.word(0), "one");
    EXPECT_EQ(arguments.word(1), std::nullopt);
  }
}

TEST(Arguments, LeavesACommandAlone) {
  const std::vector<std::vector<std::string>> cases = {
      {"--json", "5", "ls", "--json", "-l", "--", "x"},
      {"5", "--json", "ls", "--json", "-l", "--", "x"},
      {"5", "--json", "--", "ls", "--json", "-l", "--", "x"}};
  for (const auto& words : cases) {
    const Arguments arguments = parse(words, "JOB [COMMAND…]");
    EXPECT_TRUE(arguments.has("--json"));
    EXPECT_EQ(arguments.word(0), "5");
    EXPECT_EQ(arguments.words_from(1), (std::vector<std::string>{"ls", "--json", "-l", "--", "x"}));
  }
  EXPECT_TRUE(parse({"5"}, "JOB [COMMAND…]").words_from(1).empty());
}

TEST(Arguments, WhatIsLeftOutIsAbsent) {
  const Arguments arguments = parse({}, "[WORD]");
  EXPECT_FALSE(arguments.has("--json"));
  EXPECT_EQ(arguments.value("--disk"), std::nullopt);
  EXPECT_EQ(arguments.word(0), std::nullopt);
}

TEST(Arguments, ValuesMayLookLikeAnything) {
  EXPECT_EQ(parse({"--disk="}, "").value("--disk"), "");
  EXPECT_EQ(parse({"--disk=a=b"}, "").value("--disk"), "a=b");
  EXPECT_EQ(parse({"--disk", "--json"}, "").value("--disk"), "--json");
  EXPECT_EQ(parse({"--", "--json"}, "WORD").word(0), "--json");
}

TEST(Arguments, RefusesWhatItDoesNotKnow) {
  struct Case {
    std::vector<std::string> words;
    const char* synopsis;
    const char* message;
  };
  for (const auto& [words, synopsis, message] : {
           Case{{"--jsno"}, "", "unknown option '--jsno'; did you mean '--json'?"},
           Case{{"--everything"}, "", "unknown option '--everything'; see --help"},
           Case{{"-\n"}, "", "unknown option '-\\x0a'; see --help"},
           Case{{"--json=1"}, "", "--json takes no value"},
           Case{{"--disk"}, "", "--disk needs a value: --disk SIZE"},
           Case{{"--json", "--json"}, "", "--json is given twice"},
           Case{{"one"}, "", "'one' is one word too many"},
           Case{{"one", "two"}, "[WORD]", "'two' is one word too many"},
           Case{{}, "MANIFEST", "MANIFEST is missing; see --help"},
       }) {
    expect_error([&] { parse(words, synopsis); }, ErrorKind::kUsage, message);
  }
}

}  // namespace
}  // namespace workspace::cli
