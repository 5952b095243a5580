#include "libworkspace/catalog/removal.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/catalog/store_layout.h"

namespace workspace {
namespace {

/// As long as a registration of another admin's may take.
constexpr std::chrono::hours kLockWait{1};

/// Digest and size of what only this image has.
using Files = std::map<Digest, std::uint64_t>;

Files files_of(const Manifest& manifest) {
  Files files;
  for_each_file(manifest, [&](const auto&, const ImageFile& file) {
    files.emplace(*file.digest, file.size_bytes);
  });
  return files;
}

/// The version's folder goes by one rename: nobody sees a half of it.
void remove_folder(const std::string& store, const ImageName& name, const ImageVersion& version) {
  const std::string folder = store_layout::version_folder(store, name, version);
  const std::string doomed = store_layout::new_version_folder(store, name, version);
  std::error_code error;
  std::filesystem::remove_all(doomed, error);
  if (error) throw_errno("removing " + doomed, error.value());
  if (::rename(folder.c_str(), doomed.c_str()) != 0) throw_errno("renaming " + folder);
  sync_folder(store_layout::image_folder(store, name));
  std::filesystem::remove_all(doomed, error);
  if (error) throw_errno("removing " + doomed, error.value());
  // A name without versions is none; one that has others cannot be removed.
  std::filesystem::remove(store_layout::image_folder(store, name), error);
}

}  // namespace

RemovedImage remove_image(const std::string& store_path, const ImageName& name,
                          const ImageVersion& version) {
  const FileLock lock(store_layout::lock_file(store_path), Deadline::in(kLockWait));
  const Catalog catalog(store_path);
  std::optional<Manifest> manifest;
  try {
    manifest = catalog.resolve({name, version.text()}).manifest;
  } catch (const Error& e) {
    // A damaged one is removed as well.
    if (e.kind() != ErrorKind::kInvalid) throw;
  }
  remove_folder(store_path, name, version);
  RemovedImage removed;
  if (!manifest) return removed;
  Files files = files_of(*manifest);
  const auto [others, faults] = catalog.list();
  if (!faults.empty()) return removed;
  for (const auto& other : others)
    for (const auto& [digest, size] : files_of(other.manifest)) files.erase(digest);
  for (const auto& [digest, size_bytes] : files) {
    const std::string path = catalog.file_path(digest);
    if (std::remove(path.c_str()) != 0) {
      if (errno == ENOENT) continue;
      throw_errno("removing " + path);
    }
    ++removed.files;
    removed.size_bytes += size_bytes;
  }
  return removed;
}

}  // namespace workspace
