#include "libworkspace/catalog/trusted_keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "libworkspace/base/fd.h"
#include "libworkspace/catalog/key_folder.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::StartsWith;
using testing::TemporaryFolder;

constexpr char kKey[] = "RWTSCSlaVVZeL9ROxBMdNSc5TlFN0GBlIS9ngcoG5mvU7Ff0RX3ErrzQ";
const std::string kKeyLine = "public_key: " + std::string(kKey) + "\n";

class TrustedKeysTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    folder_.write("keys/" + name, text);
  }
  void expect_refused(const std::string& text) const {
    expect_error([&] { (void)TrustedKeys::read(keys_); }, ErrorKind::kHost,
                 StartsWith("the site's keys cannot be used: " + text));
  }

  TemporaryFolder folder_;
  std::string keys_ = folder_.file("keys");
};

TEST_F(TrustedKeysTest, AFolderThatIsNotThereHoldsNone) {
  EXPECT_TRUE(TrustedKeys::read(keys_).keys.empty());
}

TEST_F(TrustedKeysTest, ReadsKeysWithTheirRolesAndRevocations) {
  write("site.yaml", kKeyLine);
  const auto other = minisign::SecretKey::generate().public_key();
  write("course.yaml", "public_key: " + other.to_string() +
                           "\nimages: [\"course-*\", \"lab-?\"]\nexpires: 2028-01-01\n");
  write("revoked.yaml", "keys: {2F5E56555A2909D2: stolen}\ndigests:\n  sha256:" +
                            std::string(64, 'a') + ": \"its openssl: a hole\"\n");
  write("README", "not a key");
  write("site.yaml.new-17", "half");
  const auto trusted = TrustedKeys::read(keys_);
  ASSERT_EQ(trusted.keys.size(), 2);
  const TrustedKey& course = trusted.keys[0];
  EXPECT_EQ(course.name, "course");
  EXPECT_EQ(format_utc_time(*course.expires), "2028-01-01T00:00:00Z");
  for (const char* name : {"course-mpi", "course-", "lab-1"})
    EXPECT_TRUE(course.covers(ImageName::parse(name))) << name;
  for (const char* name : {"courses", "my-course-1", "lab-12", "lab-"})
    EXPECT_FALSE(course.covers(ImageName::parse(name))) << name;
  EXPECT_TRUE(trusted.keys[1].covers(ImageName::parse("anything")));
  EXPECT_EQ(trusted.find(other.id)->name, "course");
  EXPECT_EQ(trusted.revocations.keys.at(trusted.keys[1].key.id), "stolen");
  EXPECT_EQ(trusted.revocations.digests.begin()->second, "its openssl: a hole");
}

TEST_F(TrustedKeysTest, RefusesWhatIsWrongAndSaysWhere) {
  struct Case {
    std::string name;
    std::string text;
    std::string message;
  };
  for (const auto& [name, text, message] : {
           Case{"a.yaml", "", "/a.yaml:1: key 'public_key' is missing"},
           Case{"a.yaml", "pubic_key: x\n",
                "/a.yaml:1: unknown key 'pubic_key'; did you mean 'public_key'?"},
           Case{"a.yaml", "public_key: x\n",
                "/a.yaml:1: the public key is not the base64 of 42 bytes"},
           Case{"a.yaml", kKeyLine + "images: all\n",
                "/a.yaml:2: key 'images' takes a list, such as [a, b]"},
           Case{"a.yaml", kKeyLine + "images: [\"a/*\"]\n",
                "/a.yaml:2: 'a/*' is not a pattern of image names, such as course-*"},
           Case{"a.yaml", kKeyLine + "images: [\"[a-z]\"]\n",
                "/a.yaml:2: '[a-z]' is not a pattern of image names, such as course-*"},
           Case{"a.yaml", kKeyLine + "expires: tomorrow\n",
                "/a.yaml:2: expires 'tomorrow' is not a time"},
           Case{"A.yaml", kKeyLine, "/A.yaml: 'A' is not a key's name; allowed are lower-case"},
           Case{"revoked.yaml", "keys: [2F5E56555A2909D2]\n",
                "/revoked.yaml:1: key 'keys' takes a map, not a list"},
           Case{"revoked.yaml", "keys: {2F5E: x}\n",
                "/revoked.yaml:1: '2F5E' is not the id of a key; expected 16 hexadecimal digits"},
           Case{"revoked.yaml", "digests: {\"sha256:00\": x}\n",
                "/revoked.yaml:1: 'sha256:00' is not a digest"},
           Case{"revoked.yaml", "digest: {}\n",
                "/revoked.yaml:1: unknown key 'digest'; did you mean 'digests'?"},
           Case{"revoked.yaml", "keys: {2F5E56555A2909D2: }\n",
                "/revoked.yaml:1: key '2F5E56555A2909D2' has no value"},
       }) {
    SCOPED_TRACE(message);
    write(name, text);
    expect_refused(keys_ + message);
    std::filesystem::remove(keys_ + "/" + name);
  }
}

TEST_F(TrustedKeysTest, TwoKeysOfOneIdAreRefused) {
  write("a.yaml", kKeyLine);
  write("b.yaml", kKeyLine);
  expect_refused(keys_ + "/b.yaml has the same key id as " + keys_ + "/a.yaml");
}

TEST_F(TrustedKeysTest, WhatOthersCouldHavePutThereIsRefused) {
  write("site.yaml", kKeyLine);
  const std::string path = keys_ + "/site.yaml";
  ::chmod(path.c_str(), 0664);
  expect_refused(path + " is not trusted: others than its owner can write it");
  ::chmod(path.c_str(), 0644);
  ::chmod(keys_.c_str(), 0777);
  expect_refused(keys_ + " is not trusted: others than its owner can write it");
  ::chmod(keys_.c_str(), 0755);
  std::filesystem::rename(path, folder_.file("real"));
  std::filesystem::create_symlink("../real", path);
  expect_refused(path + " is not trusted: it is a link");
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_refused(path + " is not trusted: it is not a regular file");
  std::filesystem::remove(path);
  std::filesystem::rename(keys_, folder_.file("real-keys"));
  std::filesystem::create_directory_symlink("real-keys", keys_);
  expect_refused(keys_ + " is not trusted: it is a link");
}

TEST_F(TrustedKeysTest, AKeyOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  write("site.yaml", kKeyLine);
  ASSERT_EQ(::chown((keys_ + "/site.yaml").c_str(), 12345, 12345), 0);
  expect_refused(keys_ + "/site.yaml is not trusted: it belongs to uid 12345, not to root");
}

TEST_F(TrustedKeysTest, AMadeKeyIsTrustedAndItsSecretIsSecret) {
  const std::string secret = folder_.file("secret/site.key");
  const UtcTime expires = parse_utc_time("2028-01-01", "day");
  const auto made = key_folder::make_key(keys_, {"site", {"course-*", "lab"}, expires}, secret);
  const auto trusted = TrustedKeys::read(keys_);
  ASSERT_EQ(trusted.keys.size(), 1);
  EXPECT_EQ(trusted.keys[0].key, made.key);
  EXPECT_THAT(trusted.keys[0].images, ElementsAre("course-*", "lab"));
  EXPECT_EQ(trusted.keys[0].expires, expires);
  EXPECT_EQ(key_folder::read_secret_key(secret).public_key(), made.key);
  struct stat info {};
  ASSERT_EQ(::stat(secret.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600);
  ASSERT_EQ(::stat((keys_ + "/site.yaml").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0644);

  ::chmod(secret.c_str(), 0644);
  expect_error([&] { (void)key_folder::read_secret_key(secret); }, ErrorKind::kDenied,
               secret + " is a secret that others may read; chmod 600 it, or make a new key");
}

TEST_F(TrustedKeysTest, NoKeyIsMadeOverAnother) {
  const std::string secret = folder_.file("secret/site.key");
  key_folder::make_key(keys_, {"site", {"*"}, {}}, secret);
  const std::string before = read_file(secret, 4096);
  expect_error(
      [&] {
        key_folder::make_key(keys_, {"site", {"*"}, {}}, folder_.file("other"));
      },
      ErrorKind::kDenied, keys_ + "/site.yaml is there already; give the new key another name");
  expect_error(
      [&] {
        key_folder::make_key(keys_, {"other", {"*"}, {}}, secret);
      },
      ErrorKind::kDenied, secret + " is there already; give the new key another name");
  EXPECT_EQ(read_file(secret, 4096), before);
  expect_error(
      [&] {
        key_folder::make_key(keys_, {"revoked", {"*"}, {}}, secret);
      },
      ErrorKind::kInvalid, "'revoked' is not a key's name: the list of revocations has it");
}

TEST_F(TrustedKeysTest, OfTwoAdminsAtOnceNeitherLosesWhatTheOtherRevoked) {
  constexpr int kEach = 20;
  const auto revoke_some = [&](std::uint8_t who) {
    for (int i = 0; i < kEach; ++i) {
      Digest::Bytes bytes{who, static_cast<std::uint8_t>(i)};
      key_folder::revoke(keys_, [&](Revocations& all) { all.digests[Digest(bytes)] = "x"; });
    }
  };
  std::thread other(revoke_some, 1);
  revoke_some(2);
  other.join();
  EXPECT_EQ(TrustedKeys::read(keys_).revocations.digests.size(), 2 * kEach);
}

TEST_F(TrustedKeysTest, AReasonThatCouldNotBeReadBackIsRefusedAndChangesNothing) {
  const auto id = minisign::KeyId::parse("2F5E56555A2909D2");
  key_folder::revoke(keys_, [&](Revocations& all) { all.keys[id] = "say \"why\" \\ "; });
  EXPECT_EQ(TrustedKeys::read(keys_).revocations.keys.at(id), "say \"why\" \\ ");
  for (const char* reason : {"two\nlines", "\x1b[31m"}) {
    expect_error(
        [&] { key_folder::revoke(keys_, [&](Revocations& all) { all.keys[id] = reason; }); },
        ErrorKind::kInvalid, "the reason must be one line");
  }
  EXPECT_EQ(TrustedKeys::read(keys_).revocations.keys.at(id), "say \"why\" \\ ");
}

}  // namespace
}  // namespace workspace
