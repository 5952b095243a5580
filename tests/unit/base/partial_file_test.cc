#include "libworkspace/base/partial_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using ::testing::StartsWith;
using testing::TemporaryFolder;

class PartialFileTest : public ::testing::Test {
 protected:
  UniqueFd source(const std::string& content) {
    return UniqueFd(::open(folder_.write("source", content).c_str(), O_RDONLY | O_CLOEXEC));
  }

  TemporaryFolder folder_;
};

TEST_F(PartialFileTest, HasItsNameOnlyOncePublished) {
  const std::string target = folder_.file("image");
  PartialFile partial(folder_.path(), "image");
  write_all(partial.fd(), "content", "writing");
  EXPECT_FALSE(fs::exists(target));
  partial.sync();
  partial.publish(0444);
  EXPECT_EQ(read_file(target, 100), "content");
  EXPECT_FALSE(fs::exists(folder_.file(".partial-image")));
}

TEST_F(PartialFileTest, WhatIsNotPublishedGoes) {
  { const PartialFile partial(folder_.path(), "image"); }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(PartialFileTest, AMovedOneIsRemovedOnce) {
  PartialFile first(folder_.path(), "image");
  PartialFile second(std::move(first));
  second.publish_as("other", 0400);
  EXPECT_TRUE(fs::exists(folder_.file("other")));
}

TEST_F(PartialFileTest, ReplacesWhatAKilledMakerLeft) {
  folder_.write(".partial-image", "a longer text of one that was killed");
  PartialFile partial(folder_.path(), "image");
  write_all(partial.fd(), "new", "writing");
  partial.publish(0444);
  EXPECT_EQ(read_file(folder_.file("image"), 100), "new");
}

TEST_F(PartialFileTest, CopiesHashesAndTellsItsProgress) {
  const std::string content = std::string(600'000, 'x') + "end";
  PartialFile partial(folder_.path(), "image");
  std::vector<std::uint64_t> steps;
  const auto copied =
      partial.copy_from(source(content).get(), "source", content.size(),
                        [&](std::uint64_t done_bytes) { steps.push_back(done_bytes); });
  partial.publish(0444);
  EXPECT_EQ(copied.size_bytes, content.size());
  EXPECT_EQ(copied.sha256, sha256_of(content));
  EXPECT_EQ(read_file(folder_.file("image"), content.size()), content);
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{262144, 524288, 600003}));
}

TEST_F(PartialFileTest, BlocksOfZerosBecomeHoles) {
  const std::string content = "start" + std::string(8 << 20, '\0');
  PartialFile partial(folder_.path(), "image");
  const auto copied = partial.copy_from(source(content).get(), "source", content.size(), nullptr);
  partial.publish(0444);
  EXPECT_EQ(copied.sha256, sha256_of(content));
  EXPECT_EQ(read_file(folder_.file("image"), content.size()), content);
  struct stat info {};
  ASSERT_EQ(::stat(folder_.file("image").c_str(), &info), 0);
  EXPECT_LT(info.st_blocks * 512, 1 << 20);
}

TEST_F(PartialFileTest, ALargerSourceIsNotReadToItsEnd) {
  PartialFile partial(folder_.path(), "image");
  const auto copied =
      partial.copy_from(source(std::string(2 << 20, 'x')).get(), "source", 10, nullptr);
  EXPECT_GT(copied.size_bytes, 10);
  EXPECT_LT(copied.size_bytes, 2 << 20);
}

TEST_F(PartialFileTest, FaultsNameTheFile) {
  expect_error([&] { PartialFile(folder_.file("none"), "image"); }, ErrorKind::kHost,
               StartsWith("creating " + folder_.file("none/.partial-image") + ": "));
  PartialFile partial(folder_.path(), "image");
  expect_error([&] { partial.copy_from(-1, "the source", 10, nullptr); }, ErrorKind::kHost,
               StartsWith("reading the source: "));
  fs::create_directory(folder_.file("image"));
  expect_error([&] { partial.publish(0444); }, ErrorKind::kHost,
               StartsWith("renaming to " + folder_.file("image") + ": "));
}

}  // namespace
}  // namespace workspace
