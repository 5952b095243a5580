#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/model/site_config.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {

/// Refuses a name under which this user may not save: one that an administrator's image has, or
/// another user's. Errors: kDenied; kHost as Catalog::list.
void check_name_for_saving(const Catalog& catalog, const ImageName& name, const std::string& owner);

/// The saved images that a user has in the store.
struct UserSaves {
  std::uint64_t count = 0;
  std::uint64_t size_bytes = 0;  ///< of the layers that the saves added, not of what they stand on
};
/// Errors: kHost as Catalog::list.
UserSaves saves_of(const Catalog& catalog, const std::string& owner);

/// Refuses one more saved image, of `size_bytes` (0: not known yet), where the user's would exceed
/// what the site keeps for one (user_saves_max, user_saves_size_max). Errors: kExceeded.
void check_room_for_save(const SiteConfig& site, const UserSaves& saves, std::uint64_t size_bytes);

/// The manifest of what a job of `owner` saves from its image, all but the new layer: the image's
/// own but for name, version and description, with the owner, the image it was saved from and its
/// digest. Only the owner may use it, whom the image's own rules on access still bind.
Manifest saved_manifest(const RegisteredImage& base, const ImageName& name,
                        const ImageVersion& version, const std::string& owner, UtcTime now);

}  // namespace workspace
