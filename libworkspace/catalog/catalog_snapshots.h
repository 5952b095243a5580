#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/catalog/catalog_index.h"

namespace workspace {

/// What was fetched of another site's catalogue at one time: the index as it was signed, and the
/// manifest of each of its images.
struct CatalogSnapshot {
  std::uint64_t number = 0;  ///< counted by this site, from 1 on
  std::string source;        ///< the URL that it came from
  UtcTime fetched;
  std::string index_bytes;
  std::string signature;
  std::map<Digest, std::string> manifests;  ///< by digest

  [[nodiscard]] Digest digest() const;  ///< of the index
};

/// The snapshots of the catalogues that this site trusts, in a folder that only root can write.
///
///     CATALOGS/NAME/seen         the highest number of an index that was ever seen, and its digest
///     CATALOGS/NAME/N/…          the snapshot N; never changed
///     CATALOGS/NAME/.partial-…   what is being fetched
class CatalogSnapshots {
 public:
  /// `name` is that of the catalogue's key. Errors: kInvalid as check_key_name.
  CatalogSnapshots(const std::string& folder, const std::string& name);

  /// Makes the catalogue's folder, before something is added there. Errors: kDenied for one that is
  /// not trusted; kHost.
  void make_folder() const;

  /// The newest; nothing when there is none. Errors: kInvalid for a damaged one; kHost.
  [[nodiscard]] std::optional<CatalogSnapshot> newest() const;
  /// Errors: kNotFound, naming those that there are; kInvalid; kHost.
  [[nodiscard]] CatalogSnapshot read(std::uint64_t number) const;
  /// From the first to the newest.
  [[nodiscard]] std::vector<std::uint64_t> numbers() const;

  /// Refuses an index that is older than one that was seen before, or is another one of the same
  /// number, and remembers it. Errors: kDenied; kHost.
  void check_not_older(const CatalogIndex& index, const Digest& digest) const;

  /// Adds a snapshot behind the newest and returns its number. Errors: kHost.
  std::uint64_t add(const CatalogSnapshot& snapshot) const;

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  [[nodiscard]] std::string folder_of(std::uint64_t number) const;

  std::string name_;
  std::string folder_;
};

/// In what two indices differ, the first being the older: `NAME:VERSION`s.
struct CatalogDifference {
  std::vector<std::string> added;
  std::vector<std::string> changed;  ///< another manifest under the same name and version
  std::vector<std::string> gone;

  [[nodiscard]] bool empty() const { return added.empty() && changed.empty() && gone.empty(); }
};
CatalogDifference difference_of(const CatalogIndex& before, const CatalogIndex& after);

}  // namespace workspace
