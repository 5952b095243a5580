#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/catalog/trusted_keys.h"
#include "libworkspace/model/digest.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/manifest.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {

inline constexpr std::size_t kMaxIndexBytes = std::size_t{16} << 20;

/// An image of a catalogue that a site publishes.
struct CatalogEntry {
  ImageName name;
  ImageVersion version;
  Digest manifest;  ///< of its bytes, which cover the digest of each of its files
  std::uint64_t manifest_bytes = 0;

  [[nodiscard]] std::string title() const { return name.text() + ":" + version.text(); }
};

/// The index of a catalogue, which is signed as a whole: a line of Fields (base/fields.h) for the
/// catalogue, for each file and for each image, in order.
///
///     format=workspace-catalog-1 number=1764111600 made=2026-11-25T23:00:00Z
///     file=sha256:… size_bytes=4096
///     image=tiny version=1 manifest=sha256:… size_bytes=312
///
/// It names no path: whoever has it finds a manifest as `manifests/sha256-HEX` and a file as
/// `files/sha256-HEX` beside it.
struct CatalogIndex {
  std::uint64_t number = 0;  ///< grows with every index of the catalogue
  UtcTime made;
  std::map<Digest, std::uint64_t> files;  ///< their sizes in bytes
  std::vector<CatalogEntry> images;       ///< by name and version

  /// Of the one form that to_text writes. Errors: kInvalid, `index:LINE: why`.
  static CatalogIndex parse(std::string_view text);
  [[nodiscard]] std::string to_text() const;

  /// Nullptr when there is none.
  [[nodiscard]] const CatalogEntry* find(const ImageName& name, const ImageVersion& version) const;
};

/// The key, of those that the site trusts to sign catalogues, that has signed these bytes of an
/// index; its name is the catalogue's at this site. Errors: kDenied, `the index is not trusted:
/// why`.
const TrustedKey& check_index_signature(std::string_view index, std::string_view signature,
                                        const TrustedKeys& keys, UtcTime now);

/// An entry's manifest, if these bytes are it: of the digest, name and version that the index
/// states, canonical, of files that the index has with the same sizes, and of a name that the key
/// may bring. Errors: kDenied, naming the image.
Manifest check_entry(const CatalogEntry& entry, std::string_view bytes, const CatalogIndex& index,
                     const TrustedKey& key);

}  // namespace workspace
