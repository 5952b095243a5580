#include "libworkspace/model/size.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

constexpr std::uint64_t kMaxMib = std::uint64_t{1} << 30;

TEST(Size, IsReadAsSlurmsUsersWriteIt) {
  struct Case {
    const char* text;
    std::uint64_t mib;
  };
  const std::vector<Case> cases = {
      {"0", 0},           {"512", 512},   {"512M", 512},
      {"512m", 512},      {"512MB", 512}, {"512MiB", 512},
      {"1G", 1024},       {"1g", 1024},   {"1GiB", 1024},
      {"1T", 1 << 20},    {"0K", 0},      {"1K", 1},
      {"1024K", 1},       {"1025K", 2},   {"1025k", 2},
      {"1024T", kMaxMib}, {"007M", 7},    {"1073741824", kMaxMib},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_size_mib(c.text, "size"), c.mib) << c.text;
  EXPECT_EQ(parse_size_kib("1025K", "size"), 1025U);
  EXPECT_EQ(parse_size_kib("3", "size"), 3072U);
  EXPECT_EQ(parse_size_kib("1024T", "size"), kMaxMib << 10);
}

TEST(Size, RefusesTheRestAndNamesIt) {
  struct Case {
    const char* text;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"", "is not a size"},
      {"M", "is not a size"},
      {"-1", "is not a size"},
      {"+1", "is not a size"},
      {" 1", "is not a size"},
      {"99999999999999999999", "is not a size"},
      {"1.5G", "has an unknown unit"},
      {"1 G", "has an unknown unit"},
      {"1B", "has an unknown unit"},
      {"1iB", "has an unknown unit"},
      {"1P", "has an unknown unit"},
      {"1GG", "has an unknown unit"},
      {"1025T", "is larger than 1024T"},
      {"18446744073709551615G", "is larger than 1024T"},
      {"18446744073709551615K", "is larger than 1024T"},
  };
  for (const auto& c : cases) {
    expect_error([&] { parse_size_mib(c.text, "disk size"); }, ErrorKind::kInvalid,
                 StrEq("disk size '" + std::string(c.text) + "' " + c.reason +
                       "; expected a size such as 512M, 20G or 1T"));
  }
}

TEST(Size, IsWrittenShortAndReadBack) {
  EXPECT_EQ(format_size_mib(0), "0M");
  EXPECT_EQ(format_size_mib(1536), "1536M");
  EXPECT_EQ(format_size_mib(2048), "2G");
  EXPECT_EQ(format_size_mib(3 << 20), "3T");
  for (const std::uint64_t mib : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1023},
                                  std::uint64_t{1024}, std::uint64_t{1} << 20, kMaxMib}) {
    EXPECT_EQ(parse_size_mib(format_size_mib(mib), "size"), mib);
  }
  EXPECT_EQ(format_size_kib(0), "0M");
  EXPECT_EQ(format_size_kib(1025), "1025K");
  EXPECT_EQ(format_size_kib(2 << 20), "2G");
}

TEST(Duration, IsReadWithItsUnit) {
  struct Case {
    const char* text;
    std::uint64_t ms;
  };
  const std::vector<Case> cases = {
      {"0", 0},        {"60", 60'000},    {"60s", 60'000},     {"500ms", 500},
      {"5m", 300'000}, {"2h", 7'200'000}, {"24h", 86'400'000},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_duration_ms(c.text, "time"), c.ms) << c.text;
}

TEST(Duration, RefusesTheRestAndNamesIt) {
  struct Case {
    const char* text;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"", "is not a time"},
      {"s", "is not a time"},
      {"-1s", "is not a time"},
      {"1d", "has an unknown unit"},
      {"1.5s", "has an unknown unit"},
      {"1 s", "has an unknown unit"},
      {"25h", "is longer than a day"},
      {"86401", "is longer than a day"},
      {"18446744073709551615h", "is longer than a day"},
  };
  for (const auto& c : cases) {
    expect_error([&] { parse_duration_ms(c.text, "boot_timeout"); }, ErrorKind::kInvalid,
                 StrEq("boot_timeout '" + std::string(c.text) + "' " + c.reason +
                       "; expected a time such as 500ms, 60s or 5m"));
  }
}

}  // namespace
}  // namespace workspace
