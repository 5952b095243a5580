#pragma once

#include <optional>
#include <string>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/model/request.h"
#include "libworkspace/model/site_config.h"

namespace workspace::cli {

/// What a user wrote behind --workspace, --workspace-disk and --workspace-mount.
struct RequestTexts {
  std::string image;
  std::optional<std::string> disk;
  std::optional<std::string> mounts;
};

/// Checks a user's request against the catalogue and the site's limits, and pins it to the image's
/// digest. Errors: kInvalid, kNotFound, kDenied, kExceeded, each in words for the user; kHost.
WorkspaceRequest resolve_request(const SiteConfig& config, const RequestTexts& texts);

}  // namespace workspace::cli
