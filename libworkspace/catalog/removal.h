#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/model/image_ref.h"

namespace workspace {

/// What a removal has freed in the store.
struct RemovedImage {
  std::uint64_t files = 0;
  std::uint64_t size_bytes = 0;
};

/// Takes a version out of the catalogue, and out of the store the files that no other version has;
/// while there is a version that cannot be read, and so may have them, they stay. Jobs that run it
/// go on; those that wait for it are refused when they start. Errors: kNotFound as
/// Catalog::resolve; kTimeout when another writer of the store does not end; kHost.
RemovedImage remove_image(const std::string& store_path, const ImageName& name,
                          const ImageVersion& version);

}  // namespace workspace
