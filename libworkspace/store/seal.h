#pragma once

#include <sys/stat.h>

#include <chrono>
#include <string>

#include "libworkspace/model/digest.h"

namespace workspace {

/// CACHE/seals/sha256-HEX: which file it was that was found to have this digest. It holds the
/// file's inode, size and time of change (st_ctime of stat(2)), which no program can set as it can
/// set the time of modification: a file that was written to, or put in another's place, after it
/// was checked is told from the one that was checked, without a byte of it being read. The seal's
/// own time of modification is when the file was last used.
class Seal {
 public:
  Seal(const std::string& cache_path, const Digest& digest);

  /// Seals the file of this state. Errors: kDenied; kHost.
  void put_on(const struct stat& file) const;

  /// Whether `file` is the one that was sealed. Errors: kDenied when the seal is not trusted;
  /// kHost.
  [[nodiscard]] bool is_on(const struct stat& file) const;

  /// Notes a use of the file. One call and no lock; not worth failing for.
  void note_use() const;

  /// The first of all times when the file has no seal.
  [[nodiscard]] std::chrono::system_clock::time_point last_use() const;

  /// Errors: kHost. "Already gone" is success.
  void remove() const;

 private:
  std::string folder_;
  std::string path_;
};

}  // namespace workspace
