#include "libworkspace/catalog/image_approval.h"

#include <algorithm>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/store_layout.h"

namespace workspace {
namespace {

/// A registration holds the store while it copies an image.
constexpr std::chrono::minutes kLockWait{10};
constexpr std::chrono::minutes kMostAhead{5};

std::string title_of(const RegisteredImage& image) {
  return image.manifest.name.text() + ":" + image.manifest.version.text();
}

[[noreturn]] void refuse(const RegisteredImage& image, const std::string& why) {
  throw Error(ErrorKind::kDenied, "image " + title_of(image) + " is not approved: " + why);
}

minisign::Signature signature_of(const RegisteredImage& image) {
  if (!image.signature) refuse(image, "its manifest is not signed");
  try {
    return minisign::Signature::parse(*image.signature);
  } catch (const Error& e) {
    refuse(image, "its signature is malformed: " + e.text());
  }
}

/// The machine's clock, unless the signature shows that it runs behind.
UtcTime later_of(UtcTime now, const minisign::Signature& signature) {
  return std::max(now, signature.signed_at().value_or(now));
}

const TrustedKey& key_of(const RegisteredImage& image, const minisign::Signature& signature,
                         const TrustedKeys& keys) {
  const std::string id = signature.key_id.to_string();
  const auto revoked = keys.revocations.keys.find(signature.key_id);
  if (revoked != keys.revocations.keys.end())
    refuse(image, "its signature's key " + id + " is revoked: " + revoked->second);
  const TrustedKey* key = keys.find(signature.key_id);
  if (key == nullptr)
    refuse(image, "its signature is by the key " + id + ", which this site does not trust");
  return *key;
}

void check_role(const RegisteredImage& image, const TrustedKey& key, UtcTime now) {
  if (!key.covers(image.manifest.name)) {
    refuse(image, "key '" + key.name + "' may approve " + join(key.images, ", ") + ", not '" +
                      image.manifest.name.text() + "'");
  }
  if (key.expires && *key.expires <= now)
    refuse(image, "key '" + key.name + "' expired at " + format_utc_time(*key.expires) +
                      ", and it is " + format_utc_time(now));
}

}  // namespace

Approval check_approval(const RegisteredImage& image, const TrustedKeys& keys, UtcTime now) {
  const auto signature = signature_of(image);
  const TrustedKey& key = key_of(image, signature, keys);
  if (const auto fault = minisign::fault_of(signature, key.key, image.bytes))
    refuse(image, "its signature " + *fault);
  check_role(image, key, later_of(now, signature));
  return {key.name, key.key.id, signature.signed_at()};
}

void check_not_revoked(const RegisteredImage& image, const Revocations& revocations) {
  const auto check = [&](const Digest& digest, const std::string& what) {
    const auto at = revocations.digests.find(digest);
    if (at == revocations.digests.end()) return;
    throw Error(ErrorKind::kDenied,
                "image " + title_of(image) + " is revoked" + what + ": " + at->second);
  };
  check(image.digest, "");
  for_each_file(image.manifest, [&](const std::string&, const ImageFile& file) {
    if (file.digest) check(*file.digest, " (its file " + file.path + ")");
  });
}

void check_not_expired(const RegisteredImage& image, UtcTime now) {
  const auto& expires = image.manifest.expires;
  if (!expires || now < *expires) return;
  throw Error(ErrorKind::kDenied, "image " + title_of(image) + " expired at " +
                                      format_utc_time(*expires) + ", and it is " +
                                      format_utc_time(now));
}

std::string approval_comment(const RegisteredImage& image, UtcTime now) {
  return "timestamp:" + std::to_string(now.time_since_epoch().count()) +
         "\timage:" + title_of(image);
}

Approval approve_image(const std::string& store_path, RegisteredImage image,
                       const minisign::Signature& signature, const TrustedKeys& keys, UtcTime now) {
  image.signature = signature.to_text();
  const auto signed_at = signature.signed_at();
  if (signed_at && *signed_at > now + kMostAhead) {
    throw Error(ErrorKind::kInvalid, "the signature was made at " + format_utc_time(*signed_at) +
                                         ", and here it is " + format_utc_time(now) +
                                         "; one of the two clocks is wrong");
  }
  const Approval approval = check_approval(image, keys, now);
  const std::string folder =
      store_layout::version_folder(store_path, image.manifest.name, image.manifest.version);
  const FileLock lock(store_layout::lock_file(store_path), Deadline::in(kLockWait));
  write_file_atomic(folder + "/" + std::string(store_layout::kSignatureFile), *image.signature,
                    0444);
  return approval;
}

}  // namespace workspace
