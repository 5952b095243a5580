#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/catalog/catalog_snapshots.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// How far a fetch is: what it does, and of how many bytes how many are done (0: not known).
using FetchProgress =
    std::function<void(std::string_view step, std::uint64_t done_bytes, std::uint64_t total_bytes)>;

/// How other sites' catalogues are reached.
struct FetchOptions {
  std::vector<std::string> environment;                     ///< proxies, as NAME=VALUE
  std::uint64_t max_image_bytes = std::uint64_t{64} << 30;  ///< refuse an image that holds more
  /// Terabytes over a slow network; what takes longer does not work.
  Deadline deadline = Deadline::in(std::chrono::hours(24));
  FetchProgress progress;
};

/// What a fetch has found.
struct FetchedCatalog {
  std::string name;          ///< of the catalogue, which its key has at this site
  CatalogSnapshot snapshot;  ///< the newest, which may be that of an earlier fetch
  CatalogIndex index;        ///< of this snapshot
  bool is_new = false;       ///< whether the snapshot was taken now
  CatalogDifference since;   ///< the snapshot before it, or to nothing
};

/// Takes a snapshot of the catalogue at `url` (image/download.h): its index, if a key signed it
/// that the site trusts for catalogues and it is no older than one that was seen before, and the
/// manifest of each of its images. Brings no image. Errors: kDenied for what cannot be trusted;
/// kNotFound, kExceeded, kTimeout and kHost as download.
FetchedCatalog fetch_catalog(const SiteConfig& site, const std::string& url,
                             const FetchOptions& options);

/// What the site's store has of an image of a catalogue.
enum class EntryState {
  kNew,      ///< nothing
  kHere,     ///< the very image
  kDiffers,  ///< another one of this name and version
};
EntryState state_of(const CatalogEntry& entry, const Catalog& catalog);

/// Brings an image of a snapshot into the site's store, where it is registered and not approved.
/// What is on the way is kept when it fails, and continued by the next try. The snapshot's
/// signature is checked again. Errors: kDenied for what cannot be trusted, and where the store has
/// another image of this name and version; kExceeded for one that is too large; as download and
/// register_image.
RegisteredImage bring_image(const SiteConfig& site, const std::string& catalog_name,
                            const CatalogSnapshot& snapshot, const CatalogEntry& entry,
                            const FetchOptions& options);

}  // namespace workspace
