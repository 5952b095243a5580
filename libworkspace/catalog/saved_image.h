#pragma once

#include <string>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {

/// Refuses a name under which this user may not save: one that an administrator's image has, or
/// another user's. Errors: kDenied; kHost as Catalog::list.
void check_name_for_saving(const Catalog& catalog, const ImageName& name, const std::string& owner);

/// The manifest of what a job of `owner` saves from its image, all but the new layer: the image's
/// own but for name, version and description, with the owner, the image it was saved from and its
/// digest. Only the owner may use it, whom the image's own rules on access still bind.
Manifest saved_manifest(const RegisteredImage& base, const ImageName& name,
                        const ImageVersion& version, const std::string& owner, UtcTime now);

}  // namespace workspace
