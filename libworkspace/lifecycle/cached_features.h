#pragma once

#include <set>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/catalog/image_policy.h"
#include "libworkspace/model/site_config.h"
#include "libworkspace/slurm/node_features.h"

namespace workspace {

/// What a node's features should be: its own, which stay, and those of the images that it has
/// (node_feature), which are its only ones of that kind.
NodeFeatures with_cached_images(NodeFeatures features, const std::set<std::string>& cached);

/// Lets Slurm show, as features of the node, the images whose newest version that may be used this
/// node's cache holds whole. Changes nothing where they are right already. Returns the features.
/// Errors: kNotFound for a node that Slurm does not know; kTimeout; kDenied; kHost.
NodeFeatures show_cached_images(const SiteConfig& site, const std::string& node_name,
                                Deadline deadline);

/// The same where the site wants it (prefer_cached). A fault is told in the log: where jobs are
/// placed is no reason to refuse one.
void try_to_show_cached_images(const SiteConfig& site, const std::string& node_name,
                               Deadline deadline);

/// Whether the feature of the image's name speaks of this version: the newest that may be used.
/// Errors: as Catalog::versions.
bool is_shown_version(const Catalog& catalog, const ImagePolicy& policy,
                      const RegisteredImage& image);

}  // namespace workspace
