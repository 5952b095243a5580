#pragma once

#include <optional>
#include <string>

#include "libworkspace/catalog/image_policy.h"
#include "libworkspace/model/request.h"
#include "libworkspace/model/site_config.h"

namespace workspace::cli {

/// What a user wrote behind --workspace and the options that go with it.
struct RequestTexts {
  std::string image;
  std::optional<std::string> disk;
  std::optional<std::string> mounts;
  std::optional<std::string> env = {};
  std::optional<std::string> workdir = {};
  bool root = false;
  std::optional<std::string> save = {};
};

/// Checks a user's request against the catalogue, the site's limits and what this user may use, and
/// pins it to the image's digest. Errors: kInvalid, kNotFound, kDenied, kExceeded, each in words
/// for the user; kHost.
WorkspaceRequest resolve_request(const SiteConfig& config, const ImagePolicy& policy,
                                 const Requester& requester, const RequestTexts& texts);

}  // namespace workspace::cli
