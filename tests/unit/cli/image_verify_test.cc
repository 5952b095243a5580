#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "cli/output.h"
#include "cli/subcommand.h"
#include "cli/subcommands.h"
#include "libworkspace/catalog/registration.h"
#include "libworkspace/store/cache.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::SampleImage;

class ImageVerifyTest : public ::testing::Test {
 protected:
  ImageVerifyTest()
      : cache_(sample_.folder().file("cache")),
        image_(register_image(sample_.store(), sample_.write_manifest("tiny", "1"), nullptr)),
        config_(sample_.folder().write(
            "workspace.yaml", "store: " + sample_.store() + "\ncache: " + cache_ + "\n")) {}

  /// Exit status and output of a command of import_commands().
  std::pair<int, std::string> run(std::string_view name, std::vector<std::string> words) const {
    words.insert(words.end(), {"--config", config_});
    for (const auto& command : import_commands()) {
      if (command.words != name) continue;
      ::testing::internal::CaptureStdout();
      const int status = command.run(Arguments::parse(words, command.options, command.synopsis));
      return {status, ::testing::internal::GetCapturedStdout()};
    }
    throw std::runtime_error("no such command");
  }

  /// Another byte in the midst of a file whose size and times stay.
  static void tamper(const std::string& path) {
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    std::fstream(path, std::ios::in | std::ios::out).seekp(6).put('#');
    const struct timespec times[] = {info.st_atim, info.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  }

  SampleImage sample_;
  std::string cache_;
  RegisteredImage image_;
  std::string config_;
};

TEST_F(ImageVerifyTest, HashesStoreAndCache) {
  const Digest& digest = *image_.manifest.root.digest;
  const std::string in_store = Catalog(sample_.store()).file_path(digest);
  EXPECT_EQ(run("image verify", {}),
            std::pair(0, std::string("IMAGE   FILE  PLACE  VERDICT\ntiny:1  root  store  ok\n")));
  const std::string in_cache = NodeCache(cache_).ensure(
      digest, image_.manifest.root.size_bytes, in_store, Deadline::in(std::chrono::seconds(10)));
  EXPECT_THAT(run("image verify", {"tiny"}).second, HasSubstr("\ntiny:1  root  cache  ok\n"));

  tamper(in_cache);
  const auto [status, output] = run("image verify", {"tiny:1"});
  EXPECT_EQ(status, exit_status(ErrorKind::kInvalid));
  EXPECT_THAT(output, AllOf(HasSubstr("tiny:1  root  store  ok\n"),
                            HasSubstr("tiny:1  root  cache  DAMAGED: has the digest sha256:")));
  ASSERT_EQ(::unlink(in_store.c_str()), 0);
  EXPECT_THAT(
      run("image verify", {"--json"}).second,
      HasSubstr("{\"image\": \"tiny:1\", \"role\": \"root\", \"place\": \"store\", \"ok\": false, "
                "\"fault\": \"is missing\"}"));
}

TEST_F(ImageVerifyTest, SearchLooksIntoNamesVersionsAndDescriptions) {
  register_image(sample_.store(),
                 sample_.write_manifest("other", "2", "description: Debian with GCC\n"), nullptr);
  EXPECT_EQ(run("image search", {"gcc"}).second,
            "IMAGE  VERSION  DESCRIPTION\nother  2        Debian with GCC\n");
  EXPECT_THAT(run("image search", {"Y:1"}).second,
              AllOf(HasSubstr("\ntiny "), Not(HasSubstr("other"))));
  EXPECT_EQ(run("image search", {"nothing"}).second,
            "no image has that in its name, version or description\n");
}

}  // namespace
}  // namespace workspace::cli
