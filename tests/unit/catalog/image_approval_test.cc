#include "libworkspace/catalog/image_approval.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "libworkspace/catalog/manifest_file.h"
#include "tests/unit/catalog/approved_image.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using ::testing::StartsWith;

constexpr std::chrono::days kDay{1};

using ImageApproval = ApprovedImage;

TEST_F(ImageApproval, AnApprovedImageIsUsed) {
  use();
  use_forged();
  const auto approval = check_approval(Catalog(sample_.store()).resolve(ImageRef::parse("tiny")),
                                       TrustedKeys::read(sample_.keys()), utc_now());
  EXPECT_EQ(approval.key, "site");
  EXPECT_TRUE(approval.signed_at.has_value());
  struct stat info {};
  ASSERT_EQ(::stat(signature().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0444);
}

TEST_F(ImageApproval, WithoutASignatureItIsNotUnlessTheSiteWantsNone) {
  fs::remove(signature());
  expect_refused("image tiny:1 is not approved: its manifest is not signed");
  site_.require_approval = false;
  use();
}

/// Each byte of what is signed, as the catalogue keeps it: for a pinned job the digest tells, for a
/// forged request the signature.
TEST_F(ImageApproval, AKeyThatTheSiteDoesNotTrustApprovesNothing) {
  const auto stranger = minisign::SecretKey::generate();
  const auto forged = stranger.sign(image_->bytes, "timestamp:1");
  expect_error(
      [&] {
        approve_image(sample_.store(), *image_, forged, TrustedKeys::read(sample_.keys()),
                      utc_now());
      },
      ErrorKind::kDenied,
      "image tiny:1 is not approved: its signature is by the key " + forged.key_id.to_string() +
          ", which this site does not trust");
  use();  // the earlier approval stands
  overwrite(signature(), forged.to_text());
  expect_refused("image tiny:1 is not approved: its signature is by the key " +
                 forged.key_id.to_string() + ", which this site does not trust");
  // The stranger's public key under the id of a trusted one.
  fs::remove(sample_.keys() + "/site.yaml");
  expect_refused("image tiny:1 is not approved: its signature is by the key ");
}

TEST_F(ImageApproval, AnotherPublicKeyOfTheSameIdApprovesNothing) {
  auto key = TrustedKeys::read(sample_.keys()).keys[0];
  key.key.key = minisign::SecretKey::generate().public_key().key;
  write_trusted_key(sample_.keys(), key);
  expect_refused(
      "image tiny:1 is not approved: its signature is not one of this content by that key");
}

TEST_F(ImageApproval, AKeyApprovesWhatItsRoleCovers) {
  auto key = TrustedKeys::read(sample_.keys()).keys[0];
  key.images = {"course-*", "lab"};
  write_trusted_key(sample_.keys(), key);
  expect_refused("image tiny:1 is not approved: key 'site' may approve course-*, lab, not 'tiny'");
}

TEST_F(ImageApproval, AnExpiredKeyApprovesNothing) {
  auto key = TrustedKeys::read(sample_.keys()).keys[0];
  key.expires = utc_now() + kDay;
  write_trusted_key(sample_.keys(), key);
  use();
  const UtcTime later = utc_now() + kDay + kDay;
  expect_error([&] { use(later); }, ErrorKind::kDenied,
               "image tiny:1 is not approved: key 'site' expired at " +
                   format_utc_time(*key.expires) + ", and it is " + format_utc_time(later));
}

TEST_F(ImageApproval, AClockThatRunsBackwardsMakesNoKeyValidAgain) {
  auto key = TrustedKeys::read(sample_.keys()).keys[0];
  key.expires = utc_now() - kDay;
  write_trusted_key(sample_.keys(), key);
  const std::string text =
      "image tiny:1 is not approved: key 'site' expired at " + format_utc_time(*key.expires);
  for (const UtcTime clock : {utc_now(), utc_now() - kDay - kDay, UtcTime{}})
    expect_error([&] { use(clock); }, ErrorKind::kDenied, StartsWith(text));
}

TEST_F(ImageApproval, AClockBehindTheLastUseIsSeen) {
  auto key = TrustedKeys::read(sample_.keys()).keys[0];
  key.expires = utc_now() + kDay;
  write_trusted_key(sample_.keys(), key);
  site_.audit_log = sample_.folder().write("audit.log", "a line\n");
  use_forged();
  // Of the day after tomorrow.
  fs::last_write_time(site_.audit_log, fs::file_time_type::clock::now() + kDay + kDay);
  expect_error([&] { use_forged(); }, ErrorKind::kDenied,
               StartsWith("image tiny:1 is not approved: key 'site' expired at " +
                          format_utc_time(*key.expires) + ", and it is "));
}

TEST_F(ImageApproval, ASignatureFromTheFutureIsNotTaken) {
  const UtcTime now = utc_now();
  const auto secret = key_folder::read_secret_key(secret_);
  const auto sign = [&](UtcTime at) {
    return secret.sign(image_->bytes, approval_comment(*image_, at));
  };
  const auto keys = TrustedKeys::read(sample_.keys());
  expect_error([&] { approve_image(sample_.store(), *image_, sign(now + kDay), keys, now); },
               ErrorKind::kInvalid,
               "the signature was made at " + format_utc_time(now + kDay) + ", and here it is " +
                   format_utc_time(now) + "; one of the two clocks is wrong");
  approve_image(sample_.store(), *image_, sign(now + std::chrono::minutes(1)), keys, now);
}

TEST_F(ImageApproval, ARevokedKeyApprovesNothing) {
  const auto id = TrustedKeys::read(sample_.keys()).keys[0].key.id;
  key_folder::revoke(sample_.keys(), [&](Revocations& all) { all.keys[id] = "stolen"; });
  expect_refused("image tiny:1 is not approved: its signature's key " + id.to_string() +
                 " is revoked: stolen");
}

TEST_F(ImageApproval, ARevokedDigestIsRefusedWhateverIsApproved) {
  struct Case {
    Digest digest;
    std::string text;
  };
  for (const auto& [digest, text] : {
           Case{image_->digest, "image tiny:1 is revoked: a hole"},
           Case{*image_->manifest.root.digest,
                "image tiny:1 is revoked (its file tiny.squashfs): a hole"},
           Case{*image_->manifest.kernel->digest,
                "image tiny:1 is revoked (its file vmlinux): a hole"},
           Case{*image_->manifest.initrd->digest,
                "image tiny:1 is revoked (its file initrd.img): a hole"},
       }) {
    Revocations revocations;
    revocations.digests[digest] = "a hole";
    write_revocations(sample_.keys(), revocations);
    site_.require_approval = true;
    expect_refused(text);
    site_.require_approval = false;
    expect_refused(text);
  }
}

TEST_F(ImageApproval, AnExpiredImageIsRefused) {
  more_ = "expires: 2027-01-01\n";
  image_.emplace(add("2"));
  sample_.approve(*image_);
  use(parse_utc_time("2026-12-31T23:59:59Z", "time"));
  expect_error([&] { use(parse_utc_time("2027-01-01", "time")); }, ErrorKind::kDenied,
               "image tiny:2 expired at 2027-01-01T00:00:00Z, and it is 2027-01-01T00:00:00Z");
}

/// The files of an approved image: what the node copies is hashed on the way, and must be what the
/// signed manifest says.
TEST_F(ImageApproval, RegisteringAgainKeepsTheApproval) {
  (void)add("1");
  use();
}

}  // namespace
}  // namespace workspace
