#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/store/cache.h"
#include "tests/unit/catalog/approved_image.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;

constexpr int kEnough = 20;
constexpr std::chrono::seconds kTime(60);

/// One who can write the store exchanges a file for another and back, all the time, while the node
/// looks at it.
class SwappedFiles : public ApprovedImage {
 protected:
  /// Calls `use`, which tells whether what it was given passed, until some did and some did not.
  template <class Use>
  void while_swapped(const std::string& path, const std::string& bad, Use use) {
    const std::string good = read_file(path, 1 << 20);
    std::atomic<bool> ended = false;
    std::thread swapper([&] {
      while (!ended) {
        for (const auto& content : {bad, good}) {
          overwrite(path + ".new", content);
          fs::rename(path + ".new", path);
          std::this_thread::yield();
        }
      }
    });
    int passed = 0;
    int refused = 0;
    const Deadline deadline = Deadline::in(kTime);
    while ((passed < kEnough || refused < kEnough) && !deadline.passed())
      ++(use() ? passed : refused);
    ended = true;
    swapper.join();
    EXPECT_GE(passed, kEnough);
    EXPECT_GE(refused, kEnough);
  }
};

TEST_F(SwappedFiles, AManifestThatPassesIsTheOneThatWasChecked) {
  const std::string good = read_file(manifest(), kMaxManifestBytes);
  std::string bad = good;
  bad.replace(bad.find("memory: 0M"), 10, "memory: 9M");
  while_swapped(manifest(), bad, [&] {
    try {
      const auto image = Catalog(sample_.store()).resolve(ImageRef::parse("tiny:1"));
      (void)ImagePolicy::of(site_).check_image(image);
      EXPECT_EQ(format_manifest(image.manifest), good);
      EXPECT_EQ(image.digest, image_->digest);
      return true;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kDenied) << e.text();
      return false;
    }
  });
}

TEST_F(SwappedFiles, AFileThatEntersTheCacheIsTheOneThatWasHashed) {
  for (const auto* const file :
       {&image_->manifest.root, &*image_->manifest.kernel, &*image_->manifest.initrd}) {
    const std::string path = Catalog(sample_.store()).file_path(*file->digest);
    const std::string good = read_file(path, 1 << 20);
    const std::string cache_path = sample_.folder().file("cache-" + file->digest->file_name());
    const NodeCache cache(cache_path);
    while_swapped(path, std::string(good.size(), 'X'), [&] {
      fs::remove_all(cache_path);
      try {
        EXPECT_EQ(
            read_file(cache.ensure(*file->digest, file->size_bytes, path, Deadline::in(kTime)),
                      1 << 20),
            good);
        return true;
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::kInvalid) << e.text();
        EXPECT_FALSE(fs::exists(cache.file_path(*file->digest)));
        return false;
      }
    });
  }
}

}  // namespace
}  // namespace workspace
