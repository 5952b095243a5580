#pragma once

#include <string>

#include "libworkspace/catalog/image_approval.h"
#include "libworkspace/catalog/key_folder.h"
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

  /// Makes a key that the folder of keys trusts; returns where its secret half is.
  std::string make_key(const std::string& name = "site") const {
    const std::string secret = folder_.file("secret/" + name + ".key");
    key_folder::make_key(keys(), {name, {"*"}, {}}, secret);
    return secret;
  }

  /// Approves a registered image by a key that make_key made.
  Approval approve(const RegisteredImage& image, const std::string& key = "site") const {
    const UtcTime now = utc_now();
    const auto secret = key_folder::read_secret_key(folder_.file("secret/" + key + ".key"));
    return approve_image(store(), image, secret.sign(image.bytes, approval_comment(image, now)),
                         TrustedKeys::read(keys()), now);
  }

  [[nodiscard]] std::string keys() const { return folder_.file("keys"); }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] std::string root_path() const { return folder_.file("image/tiny.squashfs"); }
  [[nodiscard]] std::string store() const { return folder_.file("store"); }

 private:
  TemporaryFolder folder_;
};

}  // namespace workspace::testing
