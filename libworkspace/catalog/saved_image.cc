#include "libworkspace/catalog/saved_image.h"

#include <algorithm>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

constexpr std::string_view kWhatToDo =
    "; `workspace image saves` lists them, an administrator removes one by `workspace image "
    "remove`";

std::uint64_t in_mib(std::uint64_t bytes) { return (bytes + (1U << 20U) - 1) >> 20U; }

}  // namespace

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

UserSaves saves_of(const Catalog& catalog, const std::string& owner) {
  UserSaves saves;
  for (const auto& image : catalog.list().images) {
    const Manifest& manifest = image.manifest;
    if (manifest.owner != owner) continue;
    ++saves.count;
    if (!manifest.layers.empty()) saves.size_bytes += manifest.layers.back().size_bytes;
  }
  return saves;
}

void check_room_for_save(const SiteConfig& site, const UserSaves& saves, std::uint64_t size_bytes) {
  if (site.user_saves_max != 0 && saves.count >= site.user_saves_max) {
    throw Error(ErrorKind::kExceeded, "you have " + std::to_string(saves.count) +
                                          " saved images, and this site keeps " +
                                          std::to_string(site.user_saves_max) +
                                          " of a user (user_saves_max)" + std::string(kWhatToDo));
  }
  const std::uint64_t max_bytes = site.user_saves_size_max_mib << 20U;
  // Without a size: whether there is room for any.
  const std::uint64_t more_bytes = std::max<std::uint64_t>(size_bytes, 1);
  if (max_bytes != 0 && saves.size_bytes + more_bytes > max_bytes) {
    const std::string more =
        size_bytes == 0 ? "" : ", and " + format_size_mib(in_mib(size_bytes)) + " would be added";
    throw Error(ErrorKind::kExceeded,
                "your saved images hold " + format_size_mib(in_mib(saves.size_bytes)) + more +
                    "; this site keeps " + format_size_mib(site.user_saves_size_max_mib) +
                    " of a user (user_saves_size_max)" + std::string(kWhatToDo));
  }
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
