#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/store/cache.h"
#include "tests/unit/catalog/approved_image.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// An approved image at the hands of one who can write the store.
using ImageTampering = ApprovedImage;

TEST_F(ImageTampering, EveryChangedByteOfTheManifestIsSeen) {
  const std::string good = read_file(manifest(), kMaxManifestBytes);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    overwrite(manifest(), bad);
    SCOPED_TRACE(bad);
    const auto pinned = testing::error_of([&] { use(); });
    const auto forged = testing::error_of([&] { use_forged(); });
    ASSERT_TRUE(pinned && forged);
    EXPECT_THAT(pinned->text(),
                ::testing::AnyOf(StartsWith("image tiny:1 is damaged in the catalogue: "),
                                 StartsWith("image tiny:1 is not the one the job was submitted")));
    EXPECT_THAT(forged->text(),
                ::testing::AnyOf(StartsWith("image tiny:1 is damaged in the catalogue: "),
                                 "image tiny:1 is not approved: its signature is not one of this "
                                 "content by that key"));
  }
}

TEST_F(ImageTampering, EveryChangedByteOfTheSignatureIsSeen) {
  const std::string good = read_file(signature(), 4096);
  const std::size_t signed_part = good.find('\n') + 1;
  for (std::size_t at = signed_part; at < good.size(); ++at) {
    std::string bad = good;
    // 4 changes every letter of base64 to another one, or to what is none.
    bad[at] = static_cast<char>(bad[at] ^ 4);
    overwrite(signature(), bad);
    SCOPED_TRACE(bad);
    expect_refused("image tiny:1 is not approved: its signature ");
  }
  overwrite(signature(), "untrusted comment: anything\n" + good.substr(signed_part));
  use();
}

TEST_F(ImageTampering, ChangedDigestsAndFilesOfTheManifestAreSeen) {
  const std::string good = read_file(manifest(), kMaxManifestBytes);
  struct Case {
    std::string from;
    std::string to;
  };
  const std::string root = image_->manifest.root.digest->to_string();
  const std::string kernel = image_->manifest.kernel->digest->to_string();
  const std::string initrd = image_->manifest.initrd->digest->to_string();
  const std::string other = "sha256:" + std::string(64, '0');
  for (const auto& [from, to] : {
           Case{root, other},
           Case{kernel, other},
           Case{initrd, other},
           Case{root, kernel},
           Case{kernel, initrd},
           Case{initrd, root},
           Case{"size: 11", "size: 12"},
           Case{"memory: 0M", "memory: 1M"},
           Case{"boot: agent", "boot: init"},
           Case{"format: squashfs", "format: ext4"},
           Case{"needs:", "allow_root: true\nneeds:"},
           Case{"needs:", "network: none\nneeds:"},
           Case{"needs:", "mounts: [/srv:/mnt]\nneeds:"},
           Case{"needs:", "kernel_options: \"init=/bin/sh\"\nneeds:"},
           Case{"needs:", "env: {LD_PRELOAD: /tmp/x}\nneeds:"},
           Case{"needs:", "access: {allow: {users: [eve]}}\nneeds:"},
           Case{"needs:", "host_commands: []\nneeds:"},
           Case{"needs:", "expires: 2099-01-01\nneeds:"},
           Case{"name: \"tiny\"", "name: tiny"},
           Case{"\n", "\n# a comment\n"},
           Case{"\n", "\r\n"},
       }) {
    SCOPED_TRACE(to);
    std::string bad = good;
    const auto at = bad.find(from);
    ASSERT_NE(at, std::string::npos);
    overwrite(manifest(), bad.replace(at, from.size(), to));
    expect_refused("image tiny:1 is not the one the job was submitted with");
    expect_error([&] { use_forged(); }, ErrorKind::kDenied,
                 "image tiny:1 is not approved: its signature is not one of this content by that "
                 "key");
  }
}

TEST_F(ImageTampering, ASignatureOfSomethingElseIsRefused) {
  const RegisteredImage second = add("2");
  sample_.approve(second);
  fs::copy_file(sample_.store() + "/images/tiny/2/manifest.yaml.minisig", signature(),
                fs::copy_options::overwrite_existing);
  expect_refused(
      "image tiny:1 is not approved: its signature is not one of this content by that key");
  // All of another version in this one's place.
  fs::remove_all(sample_.store() + "/images/tiny/1");
  fs::copy(sample_.store() + "/images/tiny/2", sample_.store() + "/images/tiny/1");
  expect_error([&] { use(); }, ErrorKind::kInvalid,
               "image tiny:1 is damaged in the catalogue: " + manifest() +
                   " is not the manifest that was registered there");
}

TEST_F(ImageTampering, ATrustedCommentIsSignedToo) {
  auto changed = read_signature();
  for (const char* comment : {"timestamp:1", "", "timestamp:9999999999\timage:tiny:1"}) {
    changed.trusted_comment = comment;
    overwrite(signature(), changed.to_text());
    expect_refused(
        "image tiny:1 is not approved: its signature has a trusted comment that was changed");
  }
}

TEST_F(ImageTampering, AnotherKeysIdInTheSignatureIsOfNoUse) {
  sample_.make_key("other");
  auto changed = read_signature();
  changed.key_id = TrustedKeys::read(sample_.keys()).keys[0].key.id;
  overwrite(signature(), changed.to_text());
  expect_refused(
      "image tiny:1 is not approved: its signature is not one of this content by that key");
  changed.key_id = minisign::KeyId::parse("0000000000000000");
  overwrite(signature(), changed.to_text());
  expect_refused(
      "image tiny:1 is not approved: its signature is by the key 0000000000000000, which this "
      "site does not trust");
}

TEST_F(ImageTampering, ASignatureThatOthersCouldHavePutThereIsRefused) {
  const std::string damaged = "image tiny:1 is damaged in the catalogue: " + signature();
  const std::string good = read_file(signature(), 4096);
  ::chmod(signature().c_str(), 0666);
  expect_refused(damaged + " is not trusted: others than its owner can write it");
  fs::rename(signature(), in_store("real"));
  fs::create_symlink("real", signature());
  expect_refused(damaged + " is not trusted: it is a link");
  fs::remove(signature());
  fs::create_directory(signature());
  expect_refused(damaged + " is not trusted: it is not a regular file");
  fs::remove(signature());
  ASSERT_EQ(::mkfifo(signature().c_str(), 0600), 0);
  expect_refused(damaged + " is not trusted: it is not a regular file");
  fs::remove(signature());
  write_file_atomic(signature(), std::string(20000, 'x'), 0444);
  expect_error([&] { use(); }, ErrorKind::kInvalid, HasSubstr("it holds more than 16384 bytes"));
  write_file_atomic(signature(), good, 0444);
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(signature().c_str(), 12345, 12345), 0);
  expect_refused(damaged + " is not trusted: it belongs to uid 12345, not to root");
}

TEST_F(ImageTampering, ChangedFilesOfTheImageAreSeen) {
  const Catalog catalog(sample_.store());
  const auto& [root, kernel, initrd] =
      std::tie(image_->manifest.root, *image_->manifest.kernel, *image_->manifest.initrd);
  struct Tampering {
    const char* what;
    std::function<void(const std::string& path, const std::string& other)> act;
    std::string message;
  };
  const auto stamp = [](const std::string& path, const auto& act) {
    const auto time = fs::last_write_time(path);
    act();
    fs::last_write_time(path, time);
  };
  const std::vector<Tampering> tamperings = {
      {"a changed byte, size and times as before",
       [&](const auto& path, const auto&) {
         std::string content = read_file(path, 100);
         content[1] ^= 1;
         stamp(path, [&] { overwrite(path, content); });
       },
       " was changed after its registration"},
      {"one byte more",
       [&](const auto& path, const auto&) { overwrite(path, read_file(path, 100) + "x"); },
       " was changed after its registration"},
      {"one byte less",
       [&](const auto& path, const auto&) {
         ::chmod(path.c_str(), 0644);
         fs::resize_file(path, fs::file_size(path) - 1);
       },
       " was truncated after its registration"},
      {"another of the image's files",
       [&](const auto& path, const auto& other) {
         std::string content = read_file(other, 100);
         content.resize(fs::file_size(path), ' ');
         overwrite(path, content);
       },
       " was changed after its registration"},
      {"nothing", [&](const auto& path, const auto&) { fs::remove(path); }, " is missing"},
      {"a link",
       [&](const auto& path, const auto& other) {
         fs::remove(path);
         fs::create_symlink(other, path);
       },
       " is not trusted: it is a link"},
      {"a file that others can write",
       [&](const auto& path, const auto&) { ::chmod(path.c_str(), 0666); },
       " is not trusted: others than its owner can write it"},
      {"another user's file",
       [&](const auto& path, const auto&) { (void)::chown(path.c_str(), 12345, 12345); },
       " is not trusted: it belongs to uid 12345"},
  };
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  int number = 0;
  for (const auto& [file, other] :
       {std::pair(&root, &kernel), std::pair(&kernel, &initrd), std::pair(&initrd, &root)}) {
    for (const auto& [what, act, message] : tamperings) {
      SCOPED_TRACE(file->path + ": " + what);
      (void)add("1");  // as it was
      const std::string path = catalog.file_path(*file->digest);
      act(path, catalog.file_path(*other->digest));
      const NodeCache cache(sample_.folder().file("cache" + std::to_string(++number)));
      const auto error = testing::error_of([&] {
        (void)cache.ensure(*file->digest, file->size_bytes, path,
                           Deadline::in(std::chrono::seconds(20)));
      });
      ASSERT_TRUE(error.has_value());
      EXPECT_THAT(error->text(), HasSubstr(path + message));
      EXPECT_FALSE(fs::exists(cache.file_path(*file->digest)));
      fs::remove(path);
    }
  }
}

}  // namespace
}  // namespace workspace
