#include "cli/listing_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace::cli {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> told(const std::vector<Difference>& differences) {
  std::vector<std::string> lines;
  for (const auto& difference : differences)
    lines.push_back(difference.sign + difference.name + "|" + difference.detail);
  return lines;
}

ListedFile file(std::string path, std::string sha256 = "aa") {
  ListedFile made;
  made.path = std::move(path);
  made.sha256 = std::move(sha256);
  return made;
}

TEST(ListingDifference, TellsPackagesByNameAndVersion) {
  TreeListing a;
  a.packages = {{"gcc", "10"}, {"kernel", "1"}, {"kernel", "2"}, {"old", "1"}, {"same", "1"}};
  TreeListing b;
  b.packages = {{"gcc", "12"}, {"kernel", "2"}, {"new", "3"}, {"same", "1"}};
  EXPECT_THAT(told(package_differences(a, b)),
              ElementsAre("~gcc|10 -> 12", "~kernel|1, 2 -> 2", "+new|3", "-old|1"));
  EXPECT_TRUE(package_differences(a, a).empty());
}

TEST(ListingDifference, TellsFilesByAllButTheirTimes) {
  TreeListing a;
  a.files = {file("a"), file("b"), file("c"), file("d"), file("e"), file("f")};
  TreeListing b = a;
  b.files[0].sha256 = "bb";
  b.files[1].mode = 04755;
  b.files[1].uid = 7;
  b.files[2].type = 'l';
  b.files[3].mtime_s = 99;
  b.files[4].path = "g";
  b.files[5].target = "x";
  EXPECT_THAT(told(file_differences(a, b)),
              ElementsAre("~a|content", "~b|mode, owner", "~c|type", "-e|", "~f|target", "+g|"));
}

}  // namespace
}  // namespace workspace::cli
