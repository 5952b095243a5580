#include "libworkspace/lifecycle/image_staging.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/cache_eviction.h"

namespace workspace {
namespace {

/// The first job of an image on a node waits while its files are copied and hashed.
constexpr auto kStageTimeout = std::chrono::minutes(10);

std::uint64_t missing_from_cache(Node& node, const Manifest& image) {
  std::uint64_t missing_bytes = 0;
  for_each_file(image, [&](const std::string&, const ImageFile& file) {
    if (!node.cache.holds(*file.digest, file.size_bytes)) missing_bytes += file.size_bytes;
  });
  return missing_bytes;
}

/// Evicts what no job uses where the cache would outgrow its bound. A cache that stays too large,
/// because jobs use all of it, is no reason to refuse a job.
void make_room(Node& node, std::uint64_t missing_bytes) {
  if (node.site.cache_max_mib == 0 || missing_bytes == 0) return;
  const std::uint64_t most_bytes = node.site.cache_max_mib << 20U;
  try {
    evict_files(node.site.cache, most_bytes - std::min(most_bytes, missing_bytes), node.records,
                node.catalog);
  } catch (const Error& e) {
    log_warning("the cache keeps what it has: " + e.text());
  }
}

}  // namespace

StagedImage stage_image(Node& node, const Manifest& image) {
  const std::uint64_t missing_bytes = missing_from_cache(node, image);
  make_room(node, missing_bytes);
  const auto stage = [&](const ImageFile& file) {
    return node.cache.ensure(*file.digest, file.size_bytes, node.catalog.file_path(*file.digest),
                             Deadline::in(kStageTimeout));
  };
  StagedImage staged;
  staged.copied = missing_bytes != 0;
  staged.root = stage(image.root);
  for (const auto& layer : image.layers) staged.layers.push_back(stage(layer));
  staged.kernel = image.kernel ? stage(*image.kernel) : node.site.kernel;
  staged.initrd = image.initrd ? stage(*image.initrd) : node.site.initrd;
  return staged;
}

}  // namespace workspace
