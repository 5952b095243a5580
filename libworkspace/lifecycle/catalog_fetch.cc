#include "libworkspace/lifecycle/catalog_fetch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/registration.h"
#include "libworkspace/image/download.h"
#include "libworkspace/image/sandbox.h"

namespace workspace {
namespace {

constexpr std::chrono::minutes kLockWait{10};

/// The keys that may sign catalogues, of the site's machine.
TrustedKeys catalog_keys(const SiteConfig& site) { return TrustedKeys::read(site.catalog_keys); }

class Fetcher {
 public:
  Fetcher(std::string url, std::string work_folder, const FetchOptions& options)
      : url_(std::move(url)), work_folder_(std::move(work_folder)), options_(options) {}

  /// A small file of the catalogue.
  std::string read(const std::string& name, std::uint64_t max_bytes) const {
    const UniqueFd file = make_work_file(work_folder_);
    download({url_ + "/" + name, max_bytes, options_.environment}, file, options_.deadline,
             [&](std::uint64_t done) { tell("fetching " + name, done, 0); });
    if (::lseek(file.get(), 0, SEEK_SET) != 0) throw_errno("reading " + name);
    return read_all(file.get(), max_bytes, url_ + "/" + name);
  }

  /// A file of an image, into the partial file that an earlier try may have begun.
  [[nodiscard]] UniqueFd file_of(const std::string& role, const ImageFile& entry) const {
    const std::string name = entry.digest.value().file_name();
    UniqueFd file = open_partial(work_folder_, name);
    download({url_ + "/files/" + name, entry.size_bytes, options_.environment}, file,
             options_.deadline,
             [&](std::uint64_t done) { tell("fetching " + role, done, entry.size_bytes); });
    const off_t end = ::lseek(file.get(), 0, SEEK_END);
    if (end < 0 || ::lseek(file.get(), 0, SEEK_SET) != 0) throw_errno("reading " + name);
    if (static_cast<std::uint64_t>(end) != entry.size_bytes) {
      throw Error(ErrorKind::kInvalid, role + " has " + std::to_string(end) + " bytes, not " +
                                           std::to_string(entry.size_bytes));
    }
    return file;
  }

  void forget(const ImageFile& entry) const {
    const std::string path =
        work_folder_ + "/" + std::string(PartialFile::kPrefix) + entry.digest.value().file_name();
    if (std::remove(path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path);
  }

 private:
  void tell(const std::string& step, std::uint64_t done, std::uint64_t total) const {
    if (options_.progress) options_.progress(step, done, total);
  }

  std::string url_;
  std::string work_folder_;
  const FetchOptions& options_;
};

struct SignedIndex {
  std::string bytes;
  std::string signature;
  const TrustedKey* key = nullptr;
};

/// Index and signature are two files: they are fetched again when a publication came between them.
SignedIndex fetch_index(const Fetcher& fetcher, const TrustedKeys& keys) {
  for (bool again = true;; again = false) {
    SignedIndex index{fetcher.read("index", kMaxIndexBytes),
                      fetcher.read("index.minisig", minisign::kMaxFileBytes)};
    try {
      index.key = &check_index_signature(index.bytes, index.signature, keys, utc_now());
      return index;
    } catch (const Error& e) {
      if (!again || e.kind() != ErrorKind::kDenied) throw;
    }
  }
}

/// The manifests of all entries; those that the last snapshot has are not fetched again.
std::map<Digest, std::string> fetch_manifests(const Fetcher& fetcher, const CatalogIndex& index,
                                              const TrustedKey& key,
                                              const std::optional<CatalogSnapshot>& before) {
  std::map<Digest, std::string> manifests;
  for (const auto& entry : index.images) {
    const bool known = before && before->manifests.contains(entry.manifest);
    std::string bytes = known ? before->manifests.at(entry.manifest)
                              : fetcher.read("manifests/" + entry.manifest.file_name(),
                                             std::max<std::uint64_t>(entry.manifest_bytes, 1));
    (void)check_entry(entry, bytes, index, key);
    manifests.emplace(entry.manifest, std::move(bytes));
  }
  return manifests;
}

CatalogIndex parse_trusted(const std::string& bytes) {
  try {
    return CatalogIndex::parse(bytes);
  } catch (const Error& e) {
    throw Error(ErrorKind::kDenied, "the index is signed, and malformed: " + e.text());
  }
}

}  // namespace

FetchedCatalog fetch_catalog(const SiteConfig& site, const std::string& url,
                             const FetchOptions& options) {
  const TrustedKeys keys = catalog_keys(site);
  make_trusted_folder(site.catalogs, 0755);
  const Fetcher fetcher(url, site.catalogs, options);
  const SignedIndex fetched = fetch_index(fetcher, keys);
  const CatalogSnapshots snapshots(site.catalogs, fetched.key->name);
  snapshots.make_folder();
  const FileLock lock(snapshots.folder() + "/.lock", Deadline::in(kLockWait));

  FetchedCatalog result;
  result.name = fetched.key->name;
  result.index = parse_trusted(fetched.bytes);
  CatalogSnapshot& snapshot = result.snapshot;
  snapshot.source = url;
  snapshot.fetched = utc_now();
  snapshot.index_bytes = fetched.bytes;
  snapshot.signature = fetched.signature;
  snapshots.check_not_older(result.index, snapshot.digest());
  const auto before = snapshots.newest();
  if (before && before->index_bytes == fetched.bytes && before->source == url) {
    snapshot = *before;
    return result;
  }
  snapshot.manifests = fetch_manifests(fetcher, result.index, *fetched.key, before);
  result.since =
      difference_of(before ? parse_trusted(before->index_bytes) : CatalogIndex(), result.index);
  snapshot.number = snapshots.add(snapshot);
  result.is_new = true;
  return result;
}

EntryState state_of(const CatalogEntry& entry, const Catalog& catalog) {
  try {
    const auto image = catalog.resolve({entry.name, entry.version.text()});
    return image.digest == entry.manifest ? EntryState::kHere : EntryState::kDiffers;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return EntryState::kNew;
    if (e.kind() == ErrorKind::kInvalid) return EntryState::kDiffers;
    throw;
  }
}

namespace {

void check_size(const Manifest& manifest, const CatalogEntry& entry, std::uint64_t max_bytes) {
  std::uint64_t total_bytes = 0;
  for_each_file(manifest,
                [&](const auto&, const ImageFile& file) { total_bytes += file.size_bytes; });
  if (total_bytes <= max_bytes) return;
  throw Error(ErrorKind::kExceeded, "image " + entry.title() + " has " +
                                        std::to_string(total_bytes) + " bytes, and " +
                                        std::to_string(max_bytes) + " are the most (--max-size)");
}

/// A file that the store has already, under its digest; an invalid one where it has not.
UniqueFd open_stored(const Catalog& catalog, const ImageFile& file) {
  try {
    UniqueFd fd = open_trusted_file(catalog.file_path(file.digest.value()));
    struct stat info {};
    const bool whole = ::fstat(fd.get(), &info) == 0 &&
                       static_cast<std::uint64_t>(info.st_size) == file.size_bytes;
    return whole ? std::move(fd) : UniqueFd();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return {};
    throw;
  }
}

/// What came is gone when it was not what the index says: the next try must not continue it.
[[noreturn]] void refuse_content(const Fetcher& fetcher, const Manifest& manifest,
                                 const CatalogEntry& entry, const Error& fault) {
  for_each_file(manifest, [&](const auto&, const ImageFile& file) { fetcher.forget(file); });
  throw Error(ErrorKind::kDenied,
              "image " + entry.title() + " is not what the index says: " + fault.text());
}

}  // namespace

RegisteredImage bring_image(const SiteConfig& site, const std::string& catalog_name,
                            const CatalogSnapshot& snapshot, const CatalogEntry& entry,
                            const FetchOptions& options) {
  const TrustedKeys keys = catalog_keys(site);
  const TrustedKey& key =
      check_index_signature(snapshot.index_bytes, snapshot.signature, keys, utc_now());
  const CatalogIndex index = parse_trusted(snapshot.index_bytes);
  const Manifest manifest = check_entry(entry, snapshot.manifests.at(entry.manifest), index, key);
  const Catalog catalog(site.store);
  check_size(manifest, entry, options.max_image_bytes);
  const std::string folder = CatalogSnapshots(site.catalogs, catalog_name).folder();
  const std::string partial_folder = folder + "/files";
  make_trusted_folder(partial_folder, 0700);
  const FileLock lock(partial_folder + "/.lock", Deadline::in(kLockWait));
  const Fetcher fetcher(snapshot.source, partial_folder, options);
  try {
    RegisteredImage image = register_complete_image(
        site.store, manifest,
        [&](const std::string& role, const ImageFile& file) {
          UniqueFd stored = open_stored(catalog, file);
          return stored.valid() ? std::move(stored)
                                : fetcher.file_of(entry.title() + ", " + role, file);
        },
        [&](const std::string& file, std::uint64_t done, std::uint64_t total) {
          if (options.progress) options.progress("storing " + file, done, total);
        });
    for_each_file(manifest, [&](const auto&, const ImageFile& file) { fetcher.forget(file); });
    return image;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kInvalid || e.kind() == ErrorKind::kExceeded)
      refuse_content(fetcher, manifest, entry, e);
    throw;
  }
}

}  // namespace workspace
