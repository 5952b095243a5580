#pragma once

#include <optional>
#include <string>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/catalog/trusted_keys.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {

/// By whom an image is approved.
struct Approval {
  std::string key;  ///< its name at this site
  minisign::KeyId key_id;
  std::optional<UtcTime> signed_at;  ///< as the signer's clock had it
};

/// The approval of an image: a signature of its manifest's bytes, and so of the digests of all its
/// files, by a key that the site trusts for this name, that has not expired and is not revoked.
///
/// `now` is this machine's clock (ImagePolicy::of). Where it is earlier than the signature's own
/// time it runs behind, and the signature's time counts in its place. Errors: kDenied, `image
/// NAME:VERSION is not approved: why`.
Approval check_approval(const RegisteredImage& image, const TrustedKeys& keys, UtcTime now);

/// Errors: kDenied for an image that is revoked, by its own digest or by that of one of its files,
/// with the reason.
void check_not_revoked(const RegisteredImage& image, const Revocations& revocations);

/// Errors: kDenied from the manifest's `expires` on. `now` as for check_approval.
void check_not_expired(const RegisteredImage& image, UtcTime now);

/// What a signature of ours says in its trusted comment.
std::string approval_comment(const RegisteredImage& image, UtcTime now);

/// Puts an approval into the catalogue, in place of an earlier one, if check_approval takes it.
/// Errors: as there; kInvalid for a signature whose time is more than five minutes ahead of `now`;
/// kTimeout when a registration holds the store; kHost.
Approval approve_image(const std::string& store_path, RegisteredImage image,
                       const minisign::Signature& signature, const TrustedKeys& keys, UtcTime now);

}  // namespace workspace
