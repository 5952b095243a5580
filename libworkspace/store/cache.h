#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/digest.h"

namespace workspace {

/// This node's verified copies of the files in the shared store: CACHE/files/sha256-HEX.
///
/// A file that is there under its name is whole and has that digest, because it got the name only
/// after the bytes written to it were hashed, because only root can write in the cache, and because
/// its seal (seal.h) tells it from one that was changed since. So a warm job costs no hashing and
/// takes no lock. Safe to use from many processes and threads at once.
class NodeCache {
 public:
  /// Makes no folder yet; ensure() does.
  explicit NodeCache(std::string cache_path) : cache_path_(std::move(cache_path)) {}

  /// The path of this node's copy, made from `source_path` if it is not there. Of many callers one
  /// copies, the others wait for it. A copy that is cut short leaves nothing under the name; the
  /// next caller goes on where it ended.
  ///
  /// Errors: kInvalid when the source has another digest or size, kNotFound when it is gone: the
  /// image's fault, not this node's; kTimeout at the deadline; kDenied when the cache or the source
  /// is not trusted; kHost, such as for a full disk.
  std::string ensure(const Digest& digest, std::uint64_t size_bytes, const std::string& source_path,
                     Deadline deadline) const;

  /// Whether the node has its copy, which counts as a use of it. Errors: kDenied; kHost.
  [[nodiscard]] bool holds(const Digest& digest, std::uint64_t size_bytes) const;

  /// Where this node's copy is, or would be.
  [[nodiscard]] std::string file_path(const Digest& digest) const;

 private:
  void copy_in(const Digest& digest, std::uint64_t size_bytes, const std::string& source_path,
               Deadline deadline) const;

  std::string cache_path_;
};

}  // namespace workspace
