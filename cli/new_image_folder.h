#pragma once

#include <string>
#include <string_view>

#include "cli/deed.h"
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

  /// Puts the image there, whose manifest it completes and returns; the manifest last, so that one
  /// that is there tells of a whole image. Errors: kHost.
  Manifest publish(const UniqueFd& squashfs, Manifest manifest) const;

 private:
  std::string path_;
  UniqueFd fd_;
};

/// How many files a new image has, in words.
std::string tell(const TreeSummary& summary);

/// The same as fields of an answer.
void add_summary(Json& json, const TreeSummary& summary);

/// Tells that a new image is in its folder: what every command that makes one answers. `made` says
/// how, such as "built tiny:1".
int tell_new_image(const Arguments& arguments, std::string_view command, const std::string& made,
                   const NewImageFolder& folder, const ImportedTree& tree,
                   const Manifest& manifest);

}  // namespace workspace::cli
