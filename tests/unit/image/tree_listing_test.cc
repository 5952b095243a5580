#include "libworkspace/image/tree_listing.h"

#include <fcntl.h>

#include "libworkspace/base/fd.h"
#include "libworkspace/image/package_databases.h"
#include "libworkspace/image/rpm_packages.h"
#include "libworkspace/image/tree_task.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;

/// A source of files that a test names.
using Listed = std::vector<std::pair<TreeEntry, std::string>>;

class ListedSource : public EntrySource {
 public:
  explicit ListedSource(Listed files) : files_(std::move(files)) {}

  std::optional<TreeEntry> next() override {
    if (at_ == files_.size()) return std::nullopt;
    content_ = files_[at_].second;
    TreeEntry entry = files_[at_++].first;
    if (entry.type == EntryType::kFile) entry.size_bytes = content_.size();
    return entry;
  }
  std::size_t read(std::span<char> buffer) override {
    const std::size_t got = content_.copy(buffer.data(), buffer.size());
    content_.erase(0, got);
    return got;
  }

 private:
  std::vector<std::pair<TreeEntry, std::string>> files_;
  std::size_t at_ = 0;
  std::string content_;
};

TreeEntry named(std::string path, EntryType type = EntryType::kFile, std::string target = "") {
  TreeEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.target = std::move(target);
  return entry;
}

/// What is told of a source and the layers over it.
TreeListing list(const std::vector<Listed>& files) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("listing");
  std::vector<std::unique_ptr<EntrySource>> sources;
  for (const auto& one : files) sources.push_back(std::make_unique<ListedSource>(one));
  {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    list_tree(sources, TreeLimits(), fd.get());
  }
  return parse_listing(read_file(path, 1 << 20));
}

TEST(TreeListing, IsReadBackAsItWasWritten) {
  const TreeListing listing =
      list({Listed{{named("etc/os-release"), "ID=old\nNAME=\"Old Linux\"\n"},
                   {named("var/lib/dpkg/status"),
                    "Package: b\nStatus: install ok installed\nVersion: 2\n\nPackage: a\n"
                    "Status: deinstall ok config-files\nVersion: 1\n"},
                   {named("a b\n"), "x"},
                   {named("hard", EntryType::kHardLink, "a b\n"), ""},
                   {named("soft", EntryType::kSymlink, "/etc"), ""}}});
  EXPECT_EQ(listing.package_database, "dpkg");
  EXPECT_THAT(listing.packages, ::testing::ElementsAre(ListedPackage{"b", "2"}));
  EXPECT_EQ(listing.os_release.at("NAME"), "Old Linux");
  ASSERT_EQ(listing.files.size(), 10U);
  EXPECT_EQ(listing.files[1].path, "a b\n");
  EXPECT_EQ(listing.files[1].sha256,
            "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
  EXPECT_EQ(listing.files[4].path, "hard");
  EXPECT_EQ(listing.files[4].target, "a b\n");
  EXPECT_EQ(listing.files[5].type, 'l');
  EXPECT_EQ(listing.files[5].target, "/etc");
}

TEST(TreeListing, TellsWhatLayersLeaveOfTheRoot) {
  TreeEntry emptied = named("opt", EntryType::kFolder);
  emptied.xattrs = {{"trusted.overlay.opaque", "y"}};
  const TreeListing listing = list({{{named("etc/os-release"), "ID=below\n"},
                                     {named("opt/old"), "x"},
                                     {named("gone/file"), "x"}},
                                    {{named("etc/os-release"), "ID=above\n"},
                                     {named("gone", EntryType::kWhiteout), ""},
                                     {emptied, ""},
                                     {named("opt/new"), "y"}}});
  EXPECT_EQ(listing.os_release.at("ID"), "above");
  std::vector<std::string> paths;
  for (const auto& file : listing.files) paths.push_back(file.path);
  EXPECT_THAT(paths, ::testing::ElementsAre("", "etc", "etc/os-release", "opt", "opt/new"));
}

TEST(TreeListing, RefusesOverlayfsNotesThatNeedAnotherFile) {
  for (const char* note : {"redirect", "metacopy", "whiteout"}) {
    TreeEntry entry = named("moved", EntryType::kFolder);
    entry.xattrs = {{std::string("trusted.overlay.") + note, "/etc"}};
    expect_error(
        [&] {
          list({{{named("a"), ""}}, {{entry, ""}}});
        },
        ErrorKind::kInvalid,
        std::string("'moved' has the note '") + note + "' of overlayfs', which no layer may have");
  }
}

TEST(TreeListing, RefusesWhatListTreeWouldNotWrite) {
  const std::string file = "file=a type=f mode=1 uid=0 gid=0 mtime_s=0 size_bytes=0";
  for (const auto& [lines, message] : {
           std::pair{file, "a listing ends in the midst of a line"},
           std::pair{std::string("file=a type=x mode=1 uid=0 gid=0 mtime_s=0 size_bytes=0\n"),
                     "a listing has an unknown type of file"},
           std::pair{file + " sha256=abcd\n", "a listing has a digest that is none"},
       }) {
    const std::string& text = lines;
    expect_error([&] { parse_listing(text); }, ErrorKind::kInvalid, message);
  }
  expect_error([&] { parse_listing(file + " more=1\n"); }, ErrorKind::kInvalid,
               ::testing::HasSubstr("more"));
  expect_error([&] { parse_listing("database=rpm rpm_database=../../etc/x\n"); },
               ErrorKind::kInvalid, "a listing has an unknown kind of RPM database");
  expect_error([&] { parse_listing("nonsense\n"); }, ErrorKind::kInvalid, ::testing::_);
}

TEST(PackageDatabases, RpmsWordsAreReadAsTheyAre) {
  EXPECT_THAT(
      parse_rpm_packages("b\t1-2.x86_64\na\t3:1-1.noarch\n\t1\nc\t\nnoise\n"),
      ::testing::ElementsAre(ListedPackage{"a", "3:1-1.noarch"}, ListedPackage{"b", "1-2.x86_64"}));
}

TEST(PackageDatabases, AreReadAsTheyAre) {
  EXPECT_THAT(
      apk_packages("P:musl\nV:1.2.3-r4\nF:lib\nR:x\n\nP:busybox\nV:1\n\nV:9\n\nP:\nV:1\n"),
      ::testing::ElementsAre(ListedPackage{"busybox", "1"}, ListedPackage{"musl", "1.2.3-r4"}));
  EXPECT_TRUE(dpkg_packages("garbage\n: \n\n\nPackage: x\n").empty());
  const auto values = parse_os_release("ID=a\nNAME='b c'\n#X=1\nbad key=2\n=3\nE=\n");
  EXPECT_EQ(values.size(), 3U);
  EXPECT_EQ(values.at("NAME"), "b c");
}

TEST(TreeTask, IsReadBackAsItWasWritten) {
  TreeTask task;
  task.source = TreeTask::Source::kLayers;
  task.action = TreeTask::Action::kCheck;
  task.input_fd = 7;
  task.name = "a b";
  task.left_out = LeftOut({"x y/*"});
  const TreeTask read = TreeTask::parse(task.to_line());
  EXPECT_EQ(read.to_line(), task.to_line());
  EXPECT_EQ(read.input_fd, 7);
  EXPECT_EQ(read.spool_fd, -1);
  expect_error([] { TreeTask::parse("source=x"); }, ErrorKind::kInvalid,
               "field 'source' has an unknown word");
}

}  // namespace
}  // namespace workspace
