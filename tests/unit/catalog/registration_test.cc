#include "libworkspace/catalog/registration.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include "libworkspace/base/fd.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::SampleImage;
using ::testing::StartsWith;

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

TEST(Registration, PutsFilesAndManifestIntoTheStore) {
  const SampleImage sample;
  sample.folder().write("image/vmlinux", "kernel");
  sample.folder().write("image/initrd.img", "initrd");
  const auto image = register_image(
      sample.store(),
      sample.write_manifest("tiny", "1", "kernel: {file: vmlinux}\ninitrd: {file: initrd.img}\n"),
      nullptr);
  const Catalog catalog(sample.store());
  EXPECT_EQ(image.manifest.root.size_bytes, 11);
  const std::string stored = catalog.file_path(*image.manifest.root.digest);
  EXPECT_EQ(read_file(stored, 100), "hsqscontent");
  EXPECT_EQ(mode_of(stored), 0444);
  EXPECT_EQ(read_file(catalog.file_path(*image.manifest.kernel->digest), 100), "kernel");
  EXPECT_EQ(read_file(catalog.file_path(*image.manifest.initrd->digest), 100), "initrd");
  EXPECT_EQ(mode_of(sample.store() + "/images/tiny/1/manifest.yaml"), 0444);
  EXPECT_EQ(names_in(sample.store() + "/files").size(), 3);
  EXPECT_EQ(names_in(sample.store() + "/images/tiny"), std::set<std::string>{"1"});
}

TEST(Registration, TellsItsProgress) {
  const SampleImage sample;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  register_image(sample.store(), sample.write_manifest("tiny", "1"),
                 [&](const std::string& file, std::uint64_t done_now, std::uint64_t total_now) {
                   EXPECT_EQ(file, sample.root_path());
                   done = done_now;
                   total = total_now;
                 });
  EXPECT_EQ(done, 11);
  EXPECT_EQ(total, 11);
}

TEST(Registration, TheSameContentAgainIsFineAndRestoresTheStore) {
  const SampleImage sample;
  const auto manifest = sample.write_manifest("tiny", "1");
  const auto first = register_image(sample.store(), manifest, nullptr);
  const std::string stored = Catalog(sample.store()).file_path(*first.manifest.root.digest);
  ::chmod(stored.c_str(), 0644);
  ASSERT_EQ(::truncate(stored.c_str(), 3), 0);
  const auto again = register_image(sample.store(), manifest, nullptr);
  EXPECT_EQ(again.digest, first.digest);
  EXPECT_EQ(again.registered_at, first.registered_at);
  EXPECT_EQ(read_file(stored, 100), "hsqscontent");
  EXPECT_EQ(mode_of(stored), 0444);
}

TEST(Registration, OtherContentNeedsAnotherVersion) {
  const SampleImage sample;
  register_image(sample.store(), sample.write_manifest("tiny", "1"), nullptr);
  sample.write_root("changed");
  expect_error(
      [&] { register_image(sample.store(), sample.write_manifest("tiny", "1"), nullptr); },
      ErrorKind::kDenied,
      "image tiny:1 is registered already with other content; give this one a new version");
  EXPECT_EQ(names_in(sample.store() + "/files").size(), 1) << "nothing of a refused image stays";
  register_image(sample.store(), sample.write_manifest("tiny", "2"), nullptr);
  EXPECT_EQ(names_in(sample.store() + "/files").size(), 2);
}

/// Each of these leaves the store without a trace of the image.
class RefusedRegistration : public ::testing::Test {
 protected:
  void expect_refused(const std::string& manifest, ErrorKind kind,
                      const ::testing::Matcher<const std::string&>& text) {
    expect_error([&] { register_image(sample_.store(), manifest, nullptr); }, kind, text);
    EXPECT_FALSE(fs::exists(sample_.store() + "/images/tiny/1"));
    if (fs::exists(sample_.store())) {
      EXPECT_EQ(names_in(sample_.store() + "/files"), std::set<std::string>());
    }
  }

  SampleImage sample_;
};

TEST_F(RefusedRegistration, UnknownKey) {
  const auto manifest = sample_.write_manifest("tiny", "1", "needs: {memroy: 1G}\n");
  expect_refused(manifest, ErrorKind::kInvalid,
                 manifest + ":4: unknown key 'memroy'; did you mean 'memory'?");
}

TEST_F(RefusedRegistration, MissingManifest) {
  const auto path = sample_.folder().file("image/none.yaml");
  expect_refused(path, ErrorKind::kNotFound, path + " does not exist");
}

TEST_F(RefusedRegistration, TooLargeManifest) {
  const auto path = sample_.folder().write("image/large.yaml", std::string((1 << 20) + 1, '#'));
  expect_refused(path, ErrorKind::kInvalid, path + ": it holds more than 1048576 bytes");
}

TEST_F(RefusedRegistration, MissingFile) {
  fs::remove(sample_.root_path());
  expect_refused(sample_.write_manifest("tiny", "1"), ErrorKind::kNotFound,
                 sample_.root_path() + " does not exist");
}

TEST_F(RefusedRegistration, MissingSecondFileIsToldBeforeTheFirstIsCopied) {
  expect_refused(sample_.write_manifest("tiny", "1", "kernel: {file: vmlinux}\n"),
                 ErrorKind::kNotFound, sample_.folder().file("image/vmlinux") + " does not exist");
  EXPECT_FALSE(fs::exists(sample_.store()));
}

TEST_F(RefusedRegistration, WrongDigest) {
  const std::string zeros(64, '0');
  const auto manifest = sample_.folder().write(
      "image/manifest.yaml",
      "name: tiny\nversion: 1\nroot: {file: tiny.squashfs, format: squashfs, digest: sha256:" +
          zeros + "}\n");
  expect_refused(manifest, ErrorKind::kInvalid,
                 sample_.root_path() +
                     " has the digest "
                     "sha256:a2fddb8902a449c7fdf415c59949257f6943ab74209a3cba4311d39fd86fdb9d" +
                     ", not the stated sha256:" + zeros);
}

TEST_F(RefusedRegistration, WrongSize) {
  const auto manifest = sample_.folder().write(
      "image/manifest.yaml",
      "name: tiny\nversion: 1\nroot: {file: tiny.squashfs, format: squashfs, size: 12}\n");
  expect_refused(manifest, ErrorKind::kInvalid,
                 sample_.root_path() + " has 11 bytes, not the stated 12");
}

TEST_F(RefusedRegistration, WrongFormat) {
  sample_.folder().write("image/tiny.squashfs", "PK\x03\x04 a zip file");
  expect_refused(sample_.write_manifest("tiny", "1"), ErrorKind::kInvalid,
                 sample_.root_path() + " is not a file system of the format squashfs");
}

TEST_F(RefusedRegistration, EmptyFile) {
  sample_.folder().write("image/tiny.squashfs", "");
  expect_refused(sample_.write_manifest("tiny", "1"), ErrorKind::kInvalid,
                 sample_.root_path() + " is not a file system of the format squashfs");
}

TEST_F(RefusedRegistration, Link) {
  fs::rename(sample_.root_path(), sample_.folder().file("image/real"));
  fs::create_symlink("real", sample_.root_path());
  expect_refused(sample_.write_manifest("tiny", "1"), ErrorKind::kDenied,
                 sample_.root_path() + " is not trusted: it is a link");
}

TEST_F(RefusedRegistration, LinkOnTheWay) {
  fs::create_directory_symlink("image", sample_.folder().file("way"));
  sample_.write_manifest("tiny", "1");
  expect_refused(sample_.folder().file("way/manifest.yaml"), ErrorKind::kDenied,
                 sample_.folder().file("way") + " is not trusted: it is a link");
}

TEST_F(RefusedRegistration, FifoDoesNotHoldItUp) {
  fs::remove(sample_.root_path());
  ASSERT_EQ(::mkfifo(sample_.root_path().c_str(), 0600), 0);
  expect_refused(sample_.write_manifest("tiny", "1"), ErrorKind::kDenied,
                 sample_.root_path() + " is not trusted: it is not a regular file");
}

TEST_F(RefusedRegistration, FileWritableByOthers) {
  for (const mode_t mode : {0664, 0646}) {
    ::chmod(sample_.root_path().c_str(), mode);
    expect_refused(sample_.write_manifest("tiny", "1"), ErrorKind::kDenied,
                   HasSubstr("tiny.squashfs is not trusted: others than its owner can write it"));
  }
}

TEST_F(RefusedRegistration, FolderWritableByOthers) {
  const auto manifest = sample_.write_manifest("tiny", "1");
  ::chmod(sample_.folder().file("image").c_str(), 0777);
  expect_refused(manifest, ErrorKind::kDenied,
                 HasSubstr("/image is not trusted: others than its owner can write it"));
}

TEST_F(RefusedRegistration, FileOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(sample_.root_path().c_str(), 12345, 12345), 0);
  expect_refused(sample_.write_manifest("tiny", "1"), ErrorKind::kDenied,
                 sample_.root_path() + " is not trusted: it belongs to uid 12345, not to root");
}

TEST_F(RefusedRegistration, StoreWritableByOthers) {
  fs::create_directory(sample_.store());
  fs::create_directory(sample_.store() + "/files");
  ::chmod(sample_.store().c_str(), 0777);
  expect_refused(sample_.write_manifest("tiny", "1"), ErrorKind::kDenied,
                 StartsWith(sample_.store() + " is not trusted"));
}

TEST(Registration, KilledHalfWayLeavesNothingWholeAndTheNextSucceeds) {
  const SampleImage sample;
  sample.write_root(std::string(1 << 20, 'x'));
  const auto manifest = sample.write_manifest("tiny", "1");
  const pid_t child = ::fork();
  if (child == 0) {
    register_image(sample.store(), manifest,
                   [](const std::string&, std::uint64_t done, std::uint64_t total) {
                     if (done * 2 > total) ::kill(::getpid(), SIGKILL);
                   });
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(names_in(sample.store() + "/files"), std::set<std::string>{".partial-root"});
  EXPECT_TRUE(Catalog(sample.store()).list().images.empty());

  register_image(sample.store(), manifest, nullptr);
  EXPECT_EQ(names_in(sample.store() + "/files").size(), 1);
  EXPECT_EQ(Catalog(sample.store()).list().images.size(), 1);
}

TEST(Registration, TwoAtOnceBothSucceed) {
  const SampleImage sample;
  sample.write_root(std::string(1 << 20, 'x'));
  const auto manifest = sample.write_manifest("tiny", "1");
  std::vector<std::thread> admins;
  std::vector<std::string> digests(4);
  for (auto& digest : digests) {
    admins.emplace_back(
        [&] { digest = register_image(sample.store(), manifest, nullptr).digest.to_string(); });
  }
  for (auto& admin : admins) admin.join();
  EXPECT_EQ(std::set(digests.begin(), digests.end()).size(), 1);
  EXPECT_EQ(names_in(sample.store() + "/files").size(), 1);
  EXPECT_EQ(names_in(sample.store() + "/images/tiny"), std::set<std::string>{"1"});
}

}  // namespace
}  // namespace workspace
