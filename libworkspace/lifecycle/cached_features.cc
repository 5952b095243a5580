#include "libworkspace/lifecycle/cached_features.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/store/cache_files.h"

namespace workspace {
namespace {

bool is_ours(const std::string& feature) { return feature.starts_with(kNodeFeaturePrefix); }

bool holds_all(const std::set<Digest>& cached, const Manifest& manifest) {
  bool all = true;
  for_each_file(manifest, [&](const auto&, const ImageFile& file) {
    all = all && cached.contains(file.digest.value());
  });
  return all;
}

bool may_be_used(const ImagePolicy& policy, const RegisteredImage& image) {
  try {
    (void)policy.check_image(image);
    return true;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kDenied) throw;
    return false;
  }
}

std::set<std::string> features_of_cache(const SiteConfig& site) {
  std::set<Digest> files;
  for (const auto& file : cached_files(site.cache)) files.insert(file.digest);
  if (files.empty()) return {};
  const ImagePolicy policy = ImagePolicy::of(site);
  std::set<std::string> judged;
  std::set<std::string> features;
  // Each name's newest version comes first.
  for (const auto& image : Catalog(site.store).list().images) {
    const std::string feature = node_feature(image.manifest.name);
    if (judged.contains(feature) || !may_be_used(policy, image)) continue;
    judged.insert(feature);
    if (holds_all(files, image.manifest)) features.insert(feature);
  }
  return features;
}

}  // namespace

NodeFeatures with_cached_images(NodeFeatures features, const std::set<std::string>& cached) {
  for (auto* const list : {&features.available, &features.active}) {
    std::erase_if(*list, is_ours);
    list->insert(cached.begin(), cached.end());
  }
  return features;
}

NodeFeatures show_cached_images(const SiteConfig& site, const std::string& node_name,
                                Deadline deadline) {
  // Of several at once the one that looked last at the cache also tells it last.
  const std::string locks = site.cache + "/locks";
  make_trusted_folder(locks, 0700);
  const FileLock lock(locks + "/features", deadline);
  const NodeFeatures now = read_node_features(node_name, deadline);
  NodeFeatures wanted = with_cached_images(now, features_of_cache(site));
  if (wanted != now) update_node_features(node_name, wanted, deadline);
  return wanted;
}

bool is_shown_version(const Catalog& catalog, const ImagePolicy& policy,
                      const RegisteredImage& image) {
  for (const auto& version : catalog.versions(image.manifest.name).images)
    if (may_be_used(policy, version)) return version.digest == image.digest;
  return false;
}

void try_to_show_cached_images(const SiteConfig& site, const std::string& node_name,
                               Deadline deadline) {
  if (!site.prefer_cached) return;
  try {
    (void)show_cached_images(site, node_name, deadline);
  } catch (const Error& e) {
    log_warning("Slurm does not show which images this node has: " + e.text());
  }
}

}  // namespace workspace
