#pragma once

#include <string>

#include "libworkspace/base/fd.h"
#include "libworkspace/image/import.h"
#include "libworkspace/model/manifest.h"

namespace workspace::cli {

/// The folder that a new image is written to, locked for as long as the object lives. Errors:
/// kDenied for one that another writes to, or that has a manifest already; kHost.
class NewImageFolder {
 public:
  explicit NewImageFolder(std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Puts the image there; the manifest last, so that one that is there tells of a whole image.
  /// Errors: kHost.
  void publish(const UniqueFd& squashfs, Manifest manifest) const;

 private:
  std::string path_;
  UniqueFd fd_;
};

/// How many files a new image has, in words.
std::string tell(const TreeSummary& summary);

}  // namespace workspace::cli
