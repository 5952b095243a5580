#include "cli/image_json.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/requester.h"
#include "cli/subcommands.h"
#include "libworkspace/catalog/image_selection.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

/// The newest version of each image, of those the user may use: what a user gets without naming a
/// version.
std::vector<RegisteredImage> newest_of_each(std::vector<RegisteredImage> images) {
  std::vector<RegisteredImage> newest;
  for (auto& image : images) {
    if (newest.empty() || newest.back().manifest.name != image.manifest.name)
      newest.push_back(std::move(image));
  }
  return newest;
}

std::string needs_of(const ImageNeeds& needs) {
  std::string text = std::to_string(needs.vcpus) + (needs.vcpus == 1 ? " CPU" : " CPUs");
  if (needs.memory_mib != 0) text += ", " + format_size_mib(needs.memory_mib);
  if (needs.disk_mib != 0) text += ", disk " + format_size_mib(needs.disk_mib);
  if (needs.gpus != 0)
    text += ", " + std::to_string(needs.gpus) + (needs.gpus == 1 ? " GPU" : " GPUs");
  if (needs.architecture != ImageNeeds().architecture) text += ", " + needs.architecture;
  return text;
}

}  // namespace

int run_list(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const ImagePolicy policy = ImagePolicy::of(config);
  const auto images = newest_of_each(usable_images(Catalog(config.store), policy, calling_user()));
  if (arguments.has("--json")) return print(images_json(images, policy));
  if (images.empty()) return print("there is no image that you may use\n");
  std::vector<std::vector<std::string>> rows = {{"IMAGE", "VERSION", "NEEDS", "DESCRIPTION"}};
  for (const auto& image : images) {
    const Manifest& manifest = image.manifest;
    rows.push_back({manifest.name.text(), manifest.version.text(), needs_of(manifest.needs),
                    manifest.description});
  }
  return print(format_table(rows));
}

}  // namespace workspace::cli
