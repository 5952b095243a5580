#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/catalog/minisign.h"
#include "libworkspace/model/digest.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {

/// A key whose signature approves images, and its role: NAME.yaml in the folder of keys.
///
///     public_key: RWQ…        as minisign shows it
///     images: ["course-*"]    the names it may approve (name_pattern.h); without it all
///     expires: 2028-01-01     from then on it approves nothing; without it never
struct TrustedKey {
  std::string name;
  minisign::PublicKey key;
  std::vector<std::string> images;
  std::optional<UtcTime> expires;

  [[nodiscard]] bool covers(const ImageName& image) const;
};

/// The text of a key's file, and back. Errors: kInvalid, `FILE:LINE: why`.
TrustedKey parse_trusted_key(std::string_view text, const std::string& name,
                             const std::string& file);
std::string format_trusted_key(const TrustedKey& key);

/// What nobody may use any more, each with its reason: revoked.yaml in the folder of keys.
///
///     keys: {2F5E56555A2909D2: the laptop was stolen}
///     digests: {"sha256:…": its openssl has a hole}   of a manifest, or of a file of an image
struct Revocations {
  std::map<minisign::KeyId, std::string> keys;
  std::map<Digest, std::string> digests;
};

Revocations parse_revocations(std::string_view text, const std::string& file);
std::string format_revocations(const Revocations& revocations);

/// The site's keys, of each machine's own, so that whoever can write the shared store cannot choose
/// them.
struct TrustedKeys {
  std::vector<TrustedKey> keys;  ///< by name; no two have one id
  Revocations revocations;

  /// Reads a folder, in which names that do not end in `.yaml` are passed over. One that is not
  /// there holds no keys. Errors: kHost for every fault, since no user is to blame: the folder or a
  /// file is not trusted (open_trusted_file), a key is malformed, two have one id.
  static TrustedKeys read(const std::string& folder);

  /// The key of this id; nullptr when there is none.
  [[nodiscard]] const TrustedKey* find(const minisign::KeyId& id) const;
};

/// A key's name becomes a file's, so it has the alphabet of an image's name. Errors: kInvalid.
void check_key_name(std::string_view name);

/// Where a key's file is, or would be.
std::string trusted_key_path(const std::string& folder, std::string_view name);

/// Writes a file of the folder of keys, made where it is not there, so that others can read and
/// only root can write it. Errors: kInvalid for what could not be read back; kDenied; kHost.
void write_trusted_key(const std::string& folder, const TrustedKey& key);
void write_revocations(const std::string& folder, const Revocations& revocations);

}  // namespace workspace
