#pragma once

#include "libworkspace/model/allocation.h"
#include "libworkspace/model/manifest.h"
#include "libworkspace/model/rate_caps.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// How fast the job may be on this node: what it has of the generic resources that the site counts
/// goes before the caps of its QOS, its partition and the site; the image goes below all that.
RateCaps plan_caps(const Allocation& allocation, const Manifest& image, const SiteConfig& site);

}  // namespace workspace
