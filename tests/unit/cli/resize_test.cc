#include "cli/resize.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/expect_error.h"

namespace workspace::cli {
namespace {

using workspace::testing::expect_error;

WantedSize sizes_of(const std::vector<std::string>& words) {
  static constexpr std::array kOptions = {Option{"--memory", "SIZE", ""},
                                          Option{"--vcpus", "N", ""}};
  return wanted_size(Arguments::parse(words, kOptions, "JOB"));
}

TEST(WantedSize, IsAsSlurmsUsersWriteIt) {
  EXPECT_EQ(sizes_of({"5", "--memory", "300"}).memory_mib, 300U);
  EXPECT_EQ(sizes_of({"5", "--memory", "1G"}).memory_mib, 1024U);
  EXPECT_EQ(sizes_of({"5", "--memory=1G", "--vcpus=2"}).vcpus, 2U);
  EXPECT_EQ(sizes_of({"5", "--vcpus=2"}).memory_mib, 0U);
}

TEST(WantedSize, RefusesWhatIsNone) {
  const struct {
    std::vector<std::string> words;
    ErrorKind kind;
    const char* text;
  } cases[] = {
      {{"5"}, ErrorKind::kUsage, "nothing is to be changed; give --memory, --vcpus or both"},
      {{"5", "--memory=0"}, ErrorKind::kInvalid, "--memory must be more than 0"},
      {{"5", "--memory=-1"},
       ErrorKind::kInvalid,
       "--memory '-1' is not a size; expected a size such as 512M, 20G or 1T"},
      {{"5", "--memory=99999999999999999999"},
       ErrorKind::kInvalid,
       "--memory '99999999999999999999' is not a size; expected a size such as 512M, 20G or 1T"},
      {{"5", "--memory=9999999999T"},
       ErrorKind::kInvalid,
       "--memory '9999999999T' is larger than 1024T; expected a size such as 512M, 20G or 1T"},
      {{"5", "--memory=3 parsec"},
       ErrorKind::kInvalid,
       "--memory '3 parsec' has an unknown unit; expected a size such as 512M, 20G or 1T"},
      {{"5", "--vcpus=0"},
       ErrorKind::kInvalid,
       "--vcpus '0' is not a whole number from 1 to 65535"},
      {{"5", "--vcpus=-2"},
       ErrorKind::kInvalid,
       "--vcpus '-2' is not a whole number from 1 to 65535"},
      {{"5", "--vcpus=4294967297"},
       ErrorKind::kInvalid,
       "--vcpus '4294967297' is not a whole number from 1 to 65535"},
  };
  for (const auto& c : cases) expect_error([&] { sizes_of(c.words); }, c.kind, c.text);
}

}  // namespace
}  // namespace workspace::cli
