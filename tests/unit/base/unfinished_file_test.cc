#include "libworkspace/base/unfinished_file.h"

#include <filesystem>
#include <set>

#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::ElementsAre;
using testing::TemporaryFolder;

TEST(RemoveUnfinishedTest, WhatKilledWritersLeftGoesAndNothingElse) {
  const TemporaryFolder folder;
  for (const char* name : {"42.console", "42.console.new-7", "42.console.new-12189",
                           "142.console.new-7", "42.console.news", "43.console.new-7"})
    folder.write(name, "x");
  remove_unfinished(folder.file("42.console"));
  remove_unfinished(folder.file("42.console"));
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.insert(entry.path().filename().string());
  EXPECT_THAT(
      names, ElementsAre("142.console.new-7", "42.console", "42.console.news", "43.console.new-7"));
  remove_unfinished("/nowhere/42.console");
}

}  // namespace
}  // namespace workspace
