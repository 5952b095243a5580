#include "libworkspace/image/tree_path.h"

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

TEST(TreePath, NamesAnEntryBelowItsRoot) {
  for (const auto& [name, path] : {
           std::pair{"usr/bin/env", "usr/bin/env"},
           std::pair{"./usr//bin/./env/", "usr/bin/env"},
           std::pair{".", ""},
           std::pair{"./", ""},
           std::pair{"..a/b..", "..a/b.."},
           std::pair{"\xff", "\xff"},
       }) {
    EXPECT_EQ(tree_path(name), path) << name;
  }
  EXPECT_EQ(tree_path(std::string(255, 'x')), std::string(255, 'x'));
}

TEST(TreePath, RefusesWhatLeadsOut) {
  const std::string long_part(256, 'x');
  std::string long_path;
  while (long_path.size() < 4096) long_path += "x/";
  for (const auto& [name, message] : {
           std::pair{std::string(), "the name '' is empty"},
           std::pair{std::string("/etc/passwd"), "the name '/etc/passwd' is absolute"},
           std::pair{std::string("../x"), "the name '../x' leads out of the tree by '..'"},
           std::pair{std::string("a/../../x"),
                     "the name 'a/../../x' leads out of the tree by '..'"},
           std::pair{std::string("a/.."), "the name 'a/..' leads out of the tree by '..'"},
           std::pair{std::string("a\0b", 3), "the name 'a\\x00b' holds a NUL"},
           std::pair{std::string("\n/../x"), "the name '\\x0a/../x' leads out of the tree by '..'"},
       }) {
    expect_error([&] { tree_path(name); }, ErrorKind::kInvalid, message);
  }
  expect_error([&] { tree_path(long_part); }, ErrorKind::kInvalid,
               ::testing::EndsWith("' has a part of more than 255 bytes"));
  expect_error([&] { tree_path(long_path); }, ErrorKind::kInvalid,
               ::testing::EndsWith("' is longer than 4095 bytes"));
}

}  // namespace
}  // namespace workspace
