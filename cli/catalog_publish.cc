#include <algorithm>

#include "cli/deed.h"
#include "cli/image_content.h"
#include "cli/output.h"
#include "cli/secret_keys.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/image_policy.h"
#include "libworkspace/catalog/key_folder.h"
#include "libworkspace/catalog/name_pattern.h"
#include "libworkspace/catalog/publication.h"

namespace workspace::cli {
namespace {

/// Whether an image may be used here, now; users' own are no one else's business.
bool is_fit(const RegisteredImage& image, const ImagePolicy& policy) {
  if (!image.manifest.owner.empty()) return false;
  try {
    (void)policy.check_image(image);
    return true;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kDenied) throw;
    warn(e.text() + "; it is left out");
    return false;
  }
}

std::vector<RegisteredImage> chosen_images(const Arguments& arguments, const Catalog& catalog,
                                           const ImagePolicy& policy) {
  std::vector<std::string> patterns;
  for (const auto& pattern : split(arguments.value("--images").value_or("*"), ','))
    patterns.push_back(parse_name_pattern(pattern));
  auto [images, faults] = catalog.list();
  for (const auto& fault : faults) warn(fault + "; it is left out");
  std::erase_if(images, [&](const RegisteredImage& image) {
    const bool meant = std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
      return matches_name_pattern(pattern, image.manifest.name);
    });
    return !meant || !is_fit(image, policy);
  });
  return images;
}

void add_index(Json& json, const CatalogIndex& index, const std::string& key_id) {
  json.field("number", index.number)
      .field("made", format_utc_time(index.made))
      .field("key", key_id)
      .begin_array("images");
  for (const auto& entry : index.images) {
    json.begin_object()
        .field("image", entry.title())
        .field("digest", entry.manifest.to_string())
        .end_object();
  }
  json.end_array();
}

}  // namespace

int run_catalog_publish(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const std::string folder = absolute_path(*arguments.word(0));
  const Catalog catalog(config.store);
  const auto key = key_folder::read_secret_key(
      chosen_secret_key(arguments, "make one by `workspace image key new NAME`"));
  const auto images = chosen_images(arguments, catalog, ImagePolicy::of(config));
  if (images.empty())
    throw Error(ErrorKind::kNotFound,
                "there is no approved image to publish; see `workspace list`");
  const CatalogIndex index = [&] {
    TerminalProgress progress;
    return publish_catalog(catalog, images, folder, key, utc_now(),
                           [&](const std::string& file, std::uint64_t done, std::uint64_t total) {
                             progress.show(file, done, total);
                           });
  }();
  const minisign::PublicKey public_key = key.public_key();
  const std::size_t count = index.images.size();
  const std::string text =
      "published " + std::to_string(count) + (count == 1 ? " image in " : " images in ") + folder +
      ", as number " + std::to_string(index.number) +
      "\n  other sites trust it by: workspace catalog trust NAME " + public_key.to_string() + "\n";
  return tell_deed(arguments, "catalog publish", text,
                   [&](Json& json) { add_index(json, index, public_key.id.to_string()); });
}

}  // namespace workspace::cli
