#pragma once

#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"

namespace workspace {

/// An exclusive flock(2) on a file, held for the object's life. The kernel lets go of it when the
/// process dies, so a killed holder blocks nobody.
class FileLock {
 public:
  /// Creates the file (mode 0600) if it is not there and waits for the lock until `deadline`.
  /// Errors: kTimeout, naming the file; kNotFound when its folder is not there; kHost.
  FileLock(const std::string& path, Deadline deadline);

  /// True while the locked file is still the one that `path` names. A lock on a file that has been
  /// removed guards nothing.
  [[nodiscard]] bool is_file_at(const std::string& path) const;

 private:
  UniqueFd fd_;
};

}  // namespace workspace
