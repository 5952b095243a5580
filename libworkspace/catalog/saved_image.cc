#include "libworkspace/catalog/saved_image.h"

#include "libworkspace/base/error.h"

namespace workspace {

void check_name_for_saving(const Catalog& catalog, const ImageName& name,
                           const std::string& owner) {
  const auto [images, faults] = catalog.versions(name);
  for (const auto& image : images) {
    if (image.manifest.owner == owner) continue;
    throw Error(
        ErrorKind::kDenied,
        "the name '" + name.text() + "' is that of an image of " +
            (image.manifest.owner.empty() ? "the site's" : "user '" + image.manifest.owner + "'") +
            "; save under another name");
  }
  if (!faults.empty()) throw Error(ErrorKind::kDenied, faults.front());
}

Manifest saved_manifest(const RegisteredImage& base, const ImageName& name,
                        const ImageVersion& version, const std::string& owner, UtcTime now) {
  const std::string from = base.manifest.name.text() + ":" + base.manifest.version.text();
  Manifest manifest = base.manifest;
  manifest.name = name;
  manifest.version = version;
  manifest.description = "what a job of " + owner + " made of " + from;
  manifest.owner = owner;
  manifest.base = from + "@" + base.digest.to_string();
  manifest.created = now;
  at(manifest.access.allow, AccessBy::kUsers) = AccessNames{owner};
  return manifest;
}

}  // namespace workspace
