#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "libworkspace/model/digest.h"
#include "libworkspace/model/guest_config.h"
#include "libworkspace/model/image_ref.h"

namespace workspace {

/// A file that an image is made of. `path` is as the manifest says it; digest and size are known
/// once the image is registered.
struct ImageFile {
  std::string path;
  std::optional<Digest> digest;
  std::uint64_t size_bytes = 0;
};

/// What an image needs of an allocation to run at all.
struct ImageNeeds {
  std::uint64_t memory_mib = 0;
  std::uint32_t vcpus = 1;
  std::uint64_t disk_mib = 0;
};

/// An image as its admin describes it. The reader and writer of its YAML form is the catalogue.
struct Manifest {
  Manifest(ImageName image, ImageVersion image_version)
      : name(std::move(image)), version(std::move(image_version)) {}

  ImageName name;
  ImageVersion version;
  std::string description;
  ImageFile root;
  RootFormat root_format = RootFormat::kSquashfs;
  std::optional<ImageFile> kernel;  ///< the site's when the image brings none
  std::optional<ImageFile> initrd;
  ImageNeeds needs;
};

}  // namespace workspace
