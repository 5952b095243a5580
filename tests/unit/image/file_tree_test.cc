#include "libworkspace/image/file_tree.h"

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

TreeEntry entry(std::string path, EntryType type = EntryType::kFile, std::string target = "") {
  TreeEntry made;
  made.path = std::move(path);
  made.type = type;
  made.target = std::move(target);
  return made;
}

TreeEntry folder(std::string path) { return entry(std::move(path), EntryType::kFolder); }

/// `a a/b=a/c`: the paths, a later name of a file with its first one.
std::string paths(const FileTree& tree) {
  std::string text;
  tree.for_each([&](const std::string& path, const TreeNode&, const std::string& first) {
    if (path.empty()) return;
    text += (text.empty() ? "" : " ") + path + (path == first ? "" : "=" + first);
  });
  return text;
}

class FileTreeTest : public ::testing::Test {
 protected:
  FileTree tree_{TreeLimits{1000, 100}};
};

TEST_F(FileTreeTest, IsInTheOrderOfItsPathsWithTheFoldersThatWereNotNamed) {
  tree_.add(entry("b/x/y"), 0);
  tree_.add(entry("a"), 0);
  EXPECT_EQ(paths(tree_), "a b b/x b/x/y");
  EXPECT_EQ(tree_.find("b")->entry.mode, 0755U);
  EXPECT_EQ(tree_.find("c"), nullptr);
}

TEST_F(FileTreeTest, TakesTheLastOfAName) {
  tree_.add(folder("a"), 0);
  tree_.add(entry("a/b"), 0);
  tree_.add(folder("a"), 0);
  EXPECT_EQ(paths(tree_), "a a/b") << "a folder keeps what is in it";
  tree_.add(entry("a"), 0);
  EXPECT_EQ(paths(tree_), "a");
}

TEST_F(FileTreeTest, KeepsTheNamesOfOneFileTogether) {
  tree_.add(entry("z"), 0);
  tree_.add(entry("a", EntryType::kHardLink, "./z"), 0);
  tree_.add(entry("z"), 0);
  tree_.add(entry("b", EntryType::kHardLink, "a"), 0);
  EXPECT_EQ(paths(tree_), "a b=a z");
}

TEST_F(FileTreeTest, KeepsNoAttributeThatSteersTheGuest) {
  TreeEntry file = entry("a");
  file.xattrs = {{"user.x", "1"},
                 {"trusted.overlay.opaque", "y"},
                 {"user.overlay.opaque", "y"},
                 {"security.selinux", "s"},
                 {"security.capability", "c"}};
  file.mode = 0104755;
  tree_.add(file, 0);
  const TreeEntry& kept = tree_.find("a")->entry;
  ASSERT_EQ(kept.xattrs.size(), 2U);
  EXPECT_EQ(kept.xattrs[0].first, "security.capability");
  EXPECT_EQ(kept.xattrs[1].first, "user.x");
  EXPECT_EQ(kept.mode, 04755U);
}

TEST_F(FileTreeTest, RefusesWhatAnImageMayNotHold) {
  tree_.add(entry("link", EntryType::kSymlink, "/etc"), 0);
  tree_.add(folder("folder"), 0);
  TreeEntry of_nobody = entry("x");
  of_nobody.uid = UINT32_MAX;
  for (const auto& [bad, message] : {
           std::pair{entry("dev/sda", EntryType::kDevice),
                     "'dev/sda' is a device, which an image may not hold; leave it out with "
                     "--exclude"},
           std::pair{entry("link/passwd"), "'link/passwd' lies below 'link', which is no folder"},
           std::pair{entry("link/a/b"), "'link/a' lies below 'link', which is no folder"},
           std::pair{entry("h", EntryType::kHardLink, "nothing"),
                     "'h' is a hard link to 'nothing', which is no file before it in the tree"},
           std::pair{entry("h", EntryType::kHardLink, "folder"),
                     "'h' is a hard link to 'folder', which is no file before it in the tree"},
           std::pair{entry("h", EntryType::kHardLink, "/etc/shadow"),
                     "the name '/etc/shadow' is absolute"},
           std::pair{entry("h", EntryType::kHardLink, "../shadow"),
                     "the name '../shadow' leads out of the tree by '..'"},
           std::pair{entry("l", EntryType::kSymlink, ""),
                     "'l' is a symbolic link without a usable target"},
           std::pair{entry(""), "'' is the tree's root but no folder"},
           std::pair{of_nobody, "'x' belongs to a user or group of more than 32 bits"},
       }) {
    const TreeEntry& given = bad;
    expect_error([&] { tree_.add(given, 0); }, ErrorKind::kInvalid, message);
  }
  EXPECT_EQ(paths(tree_), "folder link");
}

TEST_F(FileTreeTest, IsBounded) {
  TreeEntry large = entry("large");
  large.size_bytes = 600;
  tree_.add(large, 0);
  EXPECT_EQ(tree_.total_bytes(), 600U);
  expect_error([&] { tree_.add(large, 0); }, ErrorKind::kExceeded,
               "the files hold more than 0 MiB; if that is meant, raise --max-size");
  expect_error([&] { tree_.expect_room(UINT64_MAX); }, ErrorKind::kExceeded, ::testing::_);
  expect_error(
      [&] {
        for (int i = 0; i < 101; ++i) tree_.add(entry(std::to_string(i)), 0);
      },
      ErrorKind::kExceeded, "there are more than 100 files");
}

TEST_F(FileTreeTest, WhiteoutsTakeAwayWhatLayersBelowHold) {
  tree_.begin_layer();
  for (const char* path : {"a/x", "a/y", "b/x", "c"}) tree_.add(entry(path), 0);
  tree_.begin_layer();
  tree_.add(entry("a/z"), 0);
  tree_.white_out("a/x");
  tree_.white_out("a/z");
  tree_.white_out("none/at/all");
  EXPECT_EQ(paths(tree_), "a a/y a/z b b/x c") << "what came with the layer itself stays";
  tree_.white_out("b");
  tree_.white_out("");
  EXPECT_EQ(paths(tree_), "a a/y a/z c");
  tree_.add(entry("d", EntryType::kHardLink, "c"), 0);
  tree_.white_out("c");
  tree_.white_out("d");
  tree_.white_out_content("a");
  EXPECT_EQ(paths(tree_), "a a/z d");
  tree_.begin_layer();
  tree_.white_out_content("");
  EXPECT_EQ(paths(tree_), "");
}

}  // namespace
}  // namespace workspace
