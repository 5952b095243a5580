#include "libworkspace/lifecycle/cache_eviction.h"

#include <optional>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

void add_files(std::set<Digest>& files, const Manifest& manifest) {
  for_each_file(manifest, [&](const std::string&, const ImageFile& file) {
    if (file.digest) files.insert(*file.digest);
  });
}

}  // namespace

std::set<Digest> files_in_use(const RecordStore& records, const Catalog& catalog) {
  std::set<Digest> files;
  for (const JobId job : records.jobs()) {
    try {
      const auto record = records.load(job);
      // A job without an image in its record has not looked for a file yet, or never will.
      if (!record || record->image.empty() || record->state == WorkspaceState::kFailed) continue;
      const ImageRef ref = ImageRef::parse(record->image);
      add_files(files, catalog
                           .open_pinned(ref.name, ImageVersion::parse(ref.version),
                                        Digest::parse(record->digest))
                           .manifest);
    } catch (const Error& e) {
      throw Error(ErrorKind::kHost,
                  "job " + job.to_string() +
                      " has files that cannot be told, so none is evicted: " + e.text());
    }
  }
  return files;
}

Eviction evict_files(const std::string& cache_path, std::uint64_t most_bytes,
                     const RecordStore& records, const Catalog& catalog, bool dry_run) {
  const auto files = cached_files(cache_path);
  Eviction eviction;
  for (const auto& file : files) eviction.kept_bytes += file.size_bytes;
  if (eviction.kept_bytes <= most_bytes) return eviction;
  const auto used = files_in_use(records, catalog);
  for (const auto& file : files) {
    if (eviction.kept_bytes <= most_bytes) break;
    if (file.pinned || used.contains(file.digest)) continue;
    const auto is_wanted = [&] { return files_in_use(records, catalog).contains(file.digest); };
    if (!dry_run && !evict_file(cache_path, file.digest, is_wanted)) continue;
    ++eviction.removed_files;
    eviction.removed_bytes += file.size_bytes;
    eviction.kept_bytes -= file.size_bytes;
  }
  return eviction;
}

}  // namespace workspace
