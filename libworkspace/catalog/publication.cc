#include "libworkspace/catalog/publication.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/trusted_path.h"

namespace workspace {
namespace {

constexpr std::chrono::minutes kLockWait{1};

/// The names of the files that an index has, in a folder of it.
using Names = std::set<std::string>;

Names manifest_names(const CatalogIndex& index) {
  Names names;
  for (const auto& entry : index.images) names.insert(entry.manifest.file_name());
  return names;
}

Names file_names(const CatalogIndex& index) {
  Names names;
  for (const auto& [digest, size_bytes] : index.files) names.insert(digest.file_name());
  return names;
}

/// The index that was published before; an empty one when there is none that can be read.
CatalogIndex read_earlier(const std::string& path) {
  try {
    const UniqueFd fd = open_trusted_file(path);
    return CatalogIndex::parse(read_all(fd.get(), kMaxIndexBytes, path));
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return {};
    throw;
  }
}

CatalogIndex index_of(const std::vector<RegisteredImage>& images, const CatalogIndex& earlier,
                      UtcTime now) {
  CatalogIndex index;
  const auto seconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  // Also where the folder was lost, or the clock was set back.
  index.number = std::max(earlier.number + 1, seconds);
  index.made = now;
  for (const auto& image : images) {
    const Manifest& manifest = image.manifest;
    index.images.push_back({manifest.name, manifest.version, image.digest, image.bytes.size()});
    for_each_file(manifest, [&](const auto&, const ImageFile& file) {
      index.files.emplace(*file.digest, file.size_bytes);
    });
  }
  std::sort(index.images.begin(), index.images.end(), [](const auto& a, const auto& b) {
    return std::tie(a.name, a.version) < std::tie(b.name, b.version);
  });
  return index;
}

bool is_there(const std::string& path, std::uint64_t size_bytes) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         static_cast<std::uint64_t>(info.st_size) == size_bytes;
}

class Publication {
 public:
  Publication(const Catalog& catalog, std::string folder, const RegistrationProgress& progress)
      : catalog_(catalog), folder_(std::move(folder)), progress_(progress) {}

  void write_files(const CatalogIndex& index) const {
    make_trusted_folder(folder_ + "/files", 0755);
    for (const auto& [digest, size_bytes] : index.files)
      if (!is_there(folder_ + "/files/" + digest.file_name(), size_bytes))
        copy_file(digest, size_bytes);
    sync_folder(folder_ + "/files");
  }

  void write_manifests(const std::vector<RegisteredImage>& images) const {
    make_trusted_folder(folder_ + "/manifests", 0755);
    for (const auto& image : images)
      write_file_atomic(folder_ + "/manifests/" + image.digest.file_name(), image.bytes, 0444);
  }

  void write_index(const CatalogIndex& index, const minisign::SecretKey& key) const {
    const std::string bytes = index.to_text();
    const auto signature =
        key.sign(bytes, "timestamp:" + std::to_string(index.made.time_since_epoch().count()) +
                            "\tcatalogue:" + std::to_string(index.number));
    write_file_atomic(folder_ + "/index.minisig", signature.to_text(), 0444);
    write_file_atomic(folder_ + "/index", bytes, 0444);
  }

  void remove_others(const std::string& kind, const Names& kept) const {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/" + kind, error)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("sha256-") && !kept.contains(name))
        std::filesystem::remove(entry.path(), error);
    }
    if (error) throw_errno("removing what is old in " + folder_ + "/" + kind, error.value());
  }

 private:
  void copy_file(const Digest& digest, std::uint64_t size_bytes) const {
    const std::string source = catalog_.file_path(digest);
    const UniqueFd fd = open_trusted_file(source);
    PartialFile partial(folder_ + "/files", digest.file_name());
    const auto copied = partial.copy_from(fd.get(), source, size_bytes, [&](std::uint64_t done) {
      if (progress_) progress_(source, done, size_bytes);
    });
    if (Digest(copied.sha256) != digest || copied.size_bytes != size_bytes) {
      throw Error(ErrorKind::kInvalid,
                  source + " is damaged; register its image again (`workspace image verify`)");
    }
    partial.sync();
    partial.publish(0444);
  }

  const Catalog& catalog_;
  std::string folder_;
  const RegistrationProgress& progress_;
};

}  // namespace

CatalogIndex publish_catalog(const Catalog& catalog, const std::vector<RegisteredImage>& images,
                             const std::string& folder, const minisign::SecretKey& key, UtcTime now,
                             const RegistrationProgress& progress) {
  make_trusted_folder(folder, 0755);
  const FileLock lock(folder + "/.lock", Deadline::in(kLockWait));
  const CatalogIndex earlier = read_earlier(folder + "/index");
  const CatalogIndex index = index_of(images, earlier, now);
  const Publication publication(catalog, folder, progress);
  publication.write_files(index);
  publication.write_manifests(images);
  publication.write_index(index, key);
  Names files = file_names(index);
  files.merge(file_names(earlier));
  Names manifests = manifest_names(index);
  manifests.merge(manifest_names(earlier));
  publication.remove_others("files", files);
  publication.remove_others("manifests", manifests);
  return index;
}

}  // namespace workspace
