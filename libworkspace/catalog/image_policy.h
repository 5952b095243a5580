#pragma once

#include <optional>
#include <vector>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/catalog/image_approval.h"
#include "libworkspace/catalog/trusted_keys.h"
#include "libworkspace/model/access.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// The site's answer to: may this image be used, and by whom? The node asks it for each job; at
/// submission it is asked for the user's comfort.
class ImagePolicy {
 public:
  ImagePolicy(const SiteConfig& site, TrustedKeys keys, UtcTime now)
      : requires_approval_(site.require_approval),
        site_access_(site.access),
        keys_(std::move(keys)),
        now_(now) {}

  /// With the keys of the site's folder, at this moment: that of the machine's clock, or of the
  /// last line in its audit log where the clock has gone back behind it. Errors: as
  /// TrustedKeys::read.
  static ImagePolicy of(const SiteConfig& site);

  /// The image's approval; nothing for one without, where the site wants none. Errors: kDenied for
  /// what nobody may use: not approved, revoked, or expired.
  [[nodiscard]] std::optional<Approval> check_image(const RegisteredImage& image) const;

  /// Errors: kDenied, with the reason, for one whom the site or the image refuses.
  void check_access(const Manifest& manifest, const Requester& requester) const;

  /// The site's rules for the image and its own together. Of the site's, those under each pattern
  /// that matches deny, and the first that allows at all says whom.
  [[nodiscard]] AccessRules access_to(const Manifest& manifest) const;

  [[nodiscard]] const TrustedKeys& keys() const { return keys_; }
  [[nodiscard]] UtcTime now() const { return now_; }

 private:
  bool requires_approval_;
  std::vector<SiteAccess> site_access_;
  TrustedKeys keys_;
  UtcTime now_;
};

}  // namespace workspace
