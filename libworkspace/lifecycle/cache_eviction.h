#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/lifecycle/record_store.h"
#include "libworkspace/store/cache_files.h"

namespace workspace {

/// The files of the images that this node's jobs have, by their records. A job's record names its
/// image before the job looks for the image's files. Errors: kHost when it cannot be said, since a
/// record is damaged or its image no longer registered: then nothing may be evicted.
std::set<Digest> files_in_use(const RecordStore& records, const Catalog& catalog);

struct Eviction {
  std::uint64_t removed_files = 0;
  std::uint64_t removed_bytes = 0;
  std::uint64_t kept_bytes = 0;  ///< what the cache still holds
};

/// Evicts files from the node's cache until it holds at most `most_bytes`, the least recently used
/// first; never one that a job uses or that is pinned, so it may end with more. With `dry_run` it
/// only says what it would do. Errors: as files_in_use; kDenied; kHost.
Eviction evict_files(const std::string& cache_path, std::uint64_t most_bytes,
                     const RecordStore& records, const Catalog& catalog, bool dry_run = false);

}  // namespace workspace
