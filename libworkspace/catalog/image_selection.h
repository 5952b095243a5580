#pragma once

#include <vector>

#include "libworkspace/catalog/image_policy.h"

namespace workspace {

/// The images that one may use, in the order of Catalog::list.
std::vector<RegisteredImage> usable_images(const Catalog& catalog, const ImagePolicy& policy,
                                           const Requester& requester);

/// The image that one means and may use; without a version the one registered last of those that
/// one may use, so that a version which is not approved yet stops nobody. Errors: kNotFound and
/// kDenied, each with what one may use instead; kInvalid when its manifest is damaged; kHost.
RegisteredImage select_image(const Catalog& catalog, const ImagePolicy& policy,
                             const Requester& requester, const ImageRef& ref);

}  // namespace workspace
