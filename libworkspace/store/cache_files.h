#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libworkspace/model/digest.h"

namespace workspace {

/// A verified copy in a node's cache (cache.h).
struct CachedFile {
  Digest digest;
  std::uint64_t size_bytes = 0;
  std::chrono::system_clock::time_point last_used;  ///< when a job last asked for it
  bool pinned = false;                              ///< never evicted
};

/// All that the cache holds, the least recently used first. None for a cache that is not there yet.
/// Errors: kDenied when it is not trusted; kHost.
std::vector<CachedFile> cached_files(const std::string& cache_path);

/// Keeps a file from eviction, or no longer. It need not be here yet. Errors: kDenied; kHost.
void set_pinned(const std::string& cache_path, const Digest& digest, bool pinned);

/// Removes a file unless it is wanted after all: it is first taken out of sight, then
/// `is_wanted` is asked, and a file that is wanted is put back. So a job that made itself known
/// before it looked for the file keeps it, without a lock on the way of any job. Returns whether it
/// is gone; "already gone" is. One file at a time is evicted on a node. Errors: kTimeout; kDenied;
/// kHost; what `is_wanted` throws, the file put back.
bool evict_file(const std::string& cache_path, const Digest& digest,
                const std::function<bool()>& is_wanted);

/// Removes what killed copies and evictions left in the cache: files that have no proper name and
/// that nobody is at work on. Returns how many. Errors: kDenied; kHost.
std::size_t sweep_cache(const std::string& cache_path);

}  // namespace workspace
