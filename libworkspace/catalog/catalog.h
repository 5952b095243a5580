#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "libworkspace/model/digest.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/manifest.h"

namespace workspace {

/// An image as the catalogue knows it: every file has its digest and size.
struct RegisteredImage {
  using Time = std::chrono::system_clock::time_point;

  RegisteredImage(Manifest m, const Digest& d, Time time)
      : manifest(std::move(m)), digest(d), registered_at(time) {}

  Manifest manifest;
  Digest digest;  ///< of the manifest's bytes
  Time registered_at;
  std::string bytes = {};                     ///< the manifest's
  std::optional<std::string> signature = {};  ///< of these bytes, unchecked: image_approval.h
};

/// The site's images in the shared store. Only root writes there (registration.h); anybody may
/// read.
///
///     STORE/images/NAME/VERSION/manifest.yaml   canonical bytes, whose digest is the image's
///     STORE/images/NAME/VERSION/registered      when
///     STORE/images/NAME/VERSION/manifest.yaml.minisig   once it is approved (image_approval.h)
///     STORE/files/sha256-HEX                    the content of a file
///
/// A version's folder is put in place by one rename and never changed. What belongs to a version
/// and is not part of its identity stands in it as a file of its own.
class Catalog {
 public:
  explicit Catalog(std::string store_path) : store_path_(std::move(store_path)) {}

  struct Listing {
    std::vector<RegisteredImage> images;  ///< by name, each name's newest version first
    std::vector<std::string> faults;      ///< one line for each version that cannot be read
  };
  /// Errors: kHost when the store is not there or not trusted.
  [[nodiscard]] Listing list() const;
  /// The same for one name.
  [[nodiscard]] Listing versions(const ImageName& name) const;

  /// The image a user means; without a version the one registered last. Errors: kNotFound, naming
  /// what there is; kInvalid when its manifest is damaged; kHost as list().
  [[nodiscard]] RegisteredImage resolve(const ImageRef& ref) const;

  /// The image a job was pinned to at submission. Errors: kNotFound when it is no longer
  /// registered; kDenied when the digest is another now; kInvalid and kHost as resolve().
  [[nodiscard]] RegisteredImage open_pinned(const ImageName& name, const ImageVersion& version,
                                            const Digest& digest) const;

  /// The file that an approval is a signature of.
  [[nodiscard]] std::string manifest_path(const Manifest& manifest) const;

  /// Where the store keeps the content with this digest.
  [[nodiscard]] std::string file_path(const Digest& digest) const;

 private:
  [[nodiscard]] RegisteredImage read_version(const ImageName& name,
                                             const ImageVersion& version) const;
  void add_versions(const ImageName& name, Listing& listing) const;
  [[nodiscard]] std::vector<ImageVersion> versions_of(const ImageName& name) const;
  [[nodiscard]] RegisteredImage newest(const ImageName& name,
                                       const std::vector<ImageVersion>& versions) const;
  [[noreturn]] void refuse_unregistered(const ImageName& name) const;

  std::string store_path_;
};

}  // namespace workspace
