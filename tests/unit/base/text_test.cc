#include "libworkspace/base/text.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

using Words = std::vector<std::string>;

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("", ','), (Words{""}));
  EXPECT_EQ(split("a", ','), (Words{"a"}));
  EXPECT_EQ(split("a,b", ','), (Words{"a", "b"}));
  EXPECT_EQ(split(",a,,", ','), (Words{"", "a", "", ""}));
}

TEST(Join, IsTheReverseOfSplit) {
  for (const char* text : {"", "a", "a,b", ",a,,"}) {
    EXPECT_EQ(join(split(text, ','), ","), text);
  }
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Printable, LeavesNoByteThatActsOnATerminal) {
  EXPECT_EQ(printable("plain ~text~"), "plain ~text~");
  EXPECT_EQ(printable("a\nb\x1b[0m\x7f"), "a\\x0ab\\x1b[0m\\x7f");
  EXPECT_EQ(printable("\xc3\xa9"), "\\xc3\\xa9");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
}

TEST(ParseDecimal, TakesDigitsAlone) {
  struct Case {
    const char* text;
    std::uint64_t max;
    std::optional<std::uint64_t> value;
  };
  const std::vector<Case> cases = {
      {"0", 10, 0},    {"10", 10, 10},
      {"007", 10, 7},  {"18446744073709551615", UINT64_MAX, UINT64_MAX},
      {"11", 10, {}},  {"18446744073709551616", UINT64_MAX, {}},
      {"", 10, {}},    {"+1", 10, {}},
      {"-1", 10, {}},  {" 1", 10, {}},
      {"1 ", 10, {}},  {"0x1", 10, {}},
      {"1.0", 10, {}},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_decimal(c.text, c.max), c.value) << c.text;
}

TEST(Hex, GoesBothWays) {
  const std::vector<std::uint8_t> bytes = {0x00, 0x7f, 0xab, 0xff};
  EXPECT_EQ(to_hex(bytes), "007fabff");
  EXPECT_EQ(from_hex("007fabff"), bytes);
  EXPECT_EQ(from_hex(""), std::vector<std::uint8_t>());
  for (const char* bad : {"0", "0g", "AB", " 00", "0x00"})
    EXPECT_EQ(from_hex(bad), std::nullopt) << bad;
}

TEST(PercentEncoding, GoesBothWaysForEveryByteButNul) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("/a-b_c.~:,@+=1 %\n"), "/a-b_c.~:,@+=1%20%25%0A");
}

TEST(PercentEncoding, RefusesWhatItWouldNotHaveWritten) {
  for (const char* bad : {"%", "%4", "%4g", "%0a", "%00", "a b", "a\nb", "\"", "%2", "\xc3"}) {
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(percent_decode("%41"), "A") << "an escape that was not needed is understood";
}

TEST(NearestWord, FindsASlipOfTheHandAndNoMore) {
  const std::vector<std::string_view> known = {"memory", "vcpus", "disk"};
  EXPECT_EQ(nearest_word("memroy", known), "memory");
  EXPECT_EQ(nearest_word("vcpu", known), "vcpus");
  EXPECT_EQ(nearest_word("dsk", known), "disk");
  EXPECT_EQ(nearest_word("dsik", known), "disk") << "a swap of neighbours is one slip";
  EXPECT_EQ(nearest_word("kernel", known), std::nullopt);
  EXPECT_EQ(nearest_word("", known), std::nullopt);
  EXPECT_EQ(nearest_word("memory", {}), std::nullopt);
}

}  // namespace
}  // namespace workspace
