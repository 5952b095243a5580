#pragma once

#include <optional>
#include <string>

#include "libworkspace/catalog/image_policy.h"

namespace workspace::cli {

/// Where an image's files are beside the store.
struct ImagePlaces {
  bool here = false;  ///< whole, in this machine's cache
  /// The nodes that have it as Slurm shows it, as a host list (empty: none); nothing where that is
  /// not known: the site does not want it shown, this is not the version that is shown, or the
  /// controller does not answer.
  std::optional<std::string> nodes;
};

ImagePlaces places_of(const SiteConfig& site, const ImagePolicy& policy,
                      const RegisteredImage& image);

}  // namespace workspace::cli
