#pragma once

#include <string>

#include "tests/support/temporary_folder.h"

namespace workspace::testing {

/// An admin's folder with an image in it, and an empty store beside it.
class SampleImage {
 public:
  SampleImage() { write_root("content"); }

  /// Writes `tiny.squashfs`: a squashfs by its first bytes, which is all that anybody but a guest
  /// reads of it.
  std::string write_root(const std::string& content) const {
    return folder_.write("image/tiny.squashfs", "hsqs" + content);
  }

  /// Writes the manifest of NAME:VERSION with more lines behind; returns its path.
  std::string write_manifest(const std::string& name, const std::string& version,
                             const std::string& more = "") const {
    return folder_.write("image/manifest.yaml",
                         "name: " + name + "\nversion: \"" + version +
                             "\"\nroot: {file: tiny.squashfs, format: squashfs}\n" + more);
  }

  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] std::string root_path() const { return folder_.file("image/tiny.squashfs"); }
  [[nodiscard]] std::string store() const { return folder_.file("store"); }

 private:
  TemporaryFolder folder_;
};

}  // namespace workspace::testing
