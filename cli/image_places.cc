#include "cli/image_places.h"

#include <algorithm>

#include "cli/image_content.h"
#include "cli/output.h"
#include "libworkspace/base/error.h"
#include "libworkspace/lifecycle/cached_features.h"
#include "libworkspace/store/cache_files.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::seconds kControllerTime(5);

bool is_here(const SiteConfig& site, const RegisteredImage& image) {
  const auto cached = cached_files(site.cache);
  const auto files = files_of(image.manifest);
  return std::all_of(files.begin(), files.end(), [&](const ImageFile& file) {
    return std::any_of(cached.begin(), cached.end(),
                       [&](const CachedFile& copy) { return copy.digest == file.digest; });
  });
}

}  // namespace

ImagePlaces places_of(const SiteConfig& site, const ImagePolicy& policy,
                      const RegisteredImage& image) {
  ImagePlaces places;
  try {
    places.here = is_here(site, image);
    if (site.prefer_cached && is_shown_version(Catalog(site.store), policy, image)) {
      places.nodes =
          nodes_with_feature(node_feature(image.manifest.name), Deadline::in(kControllerTime));
    }
  } catch (const Error& e) {
    warn("where the image is cached is not known: " + e.text());
  }
  return places;
}

}  // namespace workspace::cli
