#include "libworkspace/lifecycle/cache_eviction.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/catalog/registration.h"
#include "libworkspace/store/cache.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace {
namespace {

using testing::expect_error;
using testing::SampleImage;

/// A node with three images of 104 bytes in its cache; `a` was used last a day ago, `c` just now.
class CacheEvictionTest : public ::testing::Test {
 protected:
  CacheEvictionTest()
      : cache_(sample_.folder().file("cache")),
        records_(sample_.folder().file("run")),
        catalog_(sample_.store()) {
    int days = 2;
    for (const char* name : {"a", "b", "c"}) {
      sample_.write_root(std::string(100, name[0]));
      images_.push_back(
          register_image(sample_.store(), sample_.write_manifest(name, "1"), nullptr));
      const auto& root = images_.back().manifest.root;
      NodeCache(cache_).ensure(*root.digest, root.size_bytes, catalog_.file_path(*root.digest),
                               Deadline::in(std::chrono::seconds(10)));
      const std::string path = cache_ + "/seals/" + root.digest->file_name();
      const struct timespec times[] = {{0, UTIME_OMIT}, {::time(nullptr) - 86400L * days--, 0}};
      EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    }
  }

  /// A job whose record names an image.
  void start_job(std::uint32_t number, const RegisteredImage& image) const {
    JobRecord record(JobId::parse(std::to_string(number)));
    record.image = image.manifest.name.text() + ":" + image.manifest.version.text();
    record.digest = image.digest.to_string();
    records_.make_folder(record.job);
    records_.save(record);
  }

  /// The names of the images that are still cached, as `ac`.
  [[nodiscard]] std::string cached() const {
    std::string names;
    for (const auto& image : images_) {
      for (const auto& file : cached_files(cache_))
        if (file.digest == *image.manifest.root.digest) names += image.manifest.name.text();
    }
    return names;
  }

  SampleImage sample_;
  std::string cache_;
  RecordStore records_;
  Catalog catalog_;
  std::vector<RegisteredImage> images_;
};

TEST_F(CacheEvictionTest, TakesTheLeastRecentlyUsedFirstAndNoMoreThanItMust) {
  EXPECT_EQ(evict_files(cache_, 312, records_, catalog_).removed_files, 0U);
  const auto planned = evict_files(cache_, 208, records_, catalog_, true);
  EXPECT_EQ(planned.removed_bytes, 104U);
  EXPECT_EQ(cached(), "abc");
  EXPECT_EQ(evict_files(cache_, 208, records_, catalog_).kept_bytes, 208U);
  EXPECT_EQ(cached(), "bc");
}

TEST_F(CacheEvictionTest, AUseCounts) {
  const auto& root = images_[0].manifest.root;
  EXPECT_TRUE(NodeCache(cache_).holds(*root.digest, root.size_bytes));
  evict_files(cache_, 208, records_, catalog_);
  EXPECT_EQ(cached(), "ac");
}

TEST_F(CacheEvictionTest, NeverTakesWhatAJobUsesOrIsPinned) {
  start_job(42, images_[0]);
  set_pinned(cache_, *images_[1].manifest.root.digest, true);
  const auto eviction = evict_files(cache_, 0, records_, catalog_);
  EXPECT_EQ(cached(), "ab");
  EXPECT_EQ(eviction.kept_bytes, 208U);
  set_pinned(cache_, *images_[1].manifest.root.digest, false);
  set_pinned(cache_, *images_[1].manifest.root.digest, false);
  records_.remove(JobId::parse("42"));
  evict_files(cache_, 0, records_, catalog_);
  EXPECT_EQ(cached(), "");
}

TEST_F(CacheEvictionTest, AJobThatComesMeanwhileKeepsItsFile) {
  const Digest& digest = *images_[0].manifest.root.digest;
  EXPECT_FALSE(evict_file(cache_, digest, [&] {
    EXPECT_EQ(cached(), "bc") << "out of sight while it is asked for";
    start_job(42, images_[0]);
    return files_in_use(records_, catalog_).contains(digest);
  }));
  EXPECT_EQ(cached(), "abc");
  EXPECT_TRUE(evict_file(cache_, *images_[1].manifest.root.digest, [] { return false; }));
  EXPECT_EQ(cached(), "ac");
}

TEST_F(CacheEvictionTest, SweepsWhatWasLeftButNotWhatIsUnderWay) {
  const std::string name = images_[0].manifest.root.digest->file_name();
  const std::string busy = images_[1].manifest.root.digest->file_name();
  for (const auto& left : {".leaving-" + name, ".partial-" + name, ".partial-" + busy})
    sample_.folder().write("cache/files/" + left, "left");
  {
    const FileLock at_work(cache_ + "/locks/" + busy, Deadline::in(std::chrono::seconds(1)));
    EXPECT_EQ(sweep_cache(cache_), 2U);
    EXPECT_EQ(sweep_cache(cache_), 0U);
  }
  EXPECT_EQ(sweep_cache(cache_), 1U);
  EXPECT_EQ(cached(), "abc");
}

TEST_F(CacheEvictionTest, EvictsNothingWhenItCannotBeToldWhatIsUsed) {
  start_job(42, images_[0]);
  sample_.folder().write("run/42/record", "garbage");
  expect_error([&] { evict_files(cache_, 0, records_, catalog_); }, ErrorKind::kHost,
               ::testing::StartsWith("job 42 has files that cannot be told, so none is evicted: "));
  EXPECT_EQ(cached(), "abc");
}

TEST(CachedFiles, OfACacheThatIsNotThereAreNone) {
  const testing::TemporaryFolder folder;
  EXPECT_TRUE(cached_files(folder.file("none")).empty());
  EXPECT_EQ(sweep_cache(folder.file("none")), 0U);
  folder.write("cache/files/sha256-xyz", "");
  folder.write("cache/files/.partial-x", "");
  EXPECT_TRUE(cached_files(folder.file("cache")).empty());
}

}  // namespace
}  // namespace workspace
