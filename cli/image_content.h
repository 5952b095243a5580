#pragma once

#include <string>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/image/tree_listing.h"

namespace workspace::cli {

/// What a registered image holds, read from the store. Errors: as list_image; kNotFound.
TreeListing content_of(const Catalog& catalog, const RegisteredImage& image);

/// `NAME:VERSION`.
std::string title_of(const RegisteredImage& image);

}  // namespace workspace::cli
