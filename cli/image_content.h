#pragma once

#include <string>
#include <vector>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/image/image_listing.h"

namespace workspace::cli {

/// The files that a registered image's tree is made of, in the store. Errors: kNotFound; kDenied.
OpenedImage open_files(const Catalog& catalog, const Manifest& manifest);

/// What a registered image holds, read from the store. Errors: as list_image; kNotFound.
TreeListing content_of(const Catalog& catalog, const RegisteredImage& image);

/// All that an image consists of beside its manifest.
std::vector<ImageFile> files_of(const Manifest& manifest);

/// `NAME:VERSION`.
std::string title_of(const RegisteredImage& image);

}  // namespace workspace::cli
