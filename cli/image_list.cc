#include "cli/image_json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"

namespace workspace::cli {
namespace {

/// One word; `image show` says more.
std::string state_of(const RegisteredImage& image, const ImagePolicy& policy) {
  try {
    return policy.check_image(image) ? "approved" : "free";
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kDenied) throw;
    return "refused";
  }
}

}  // namespace

int run_image_list(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const ImagePolicy policy = ImagePolicy::of(config);
  const auto listing = Catalog(config.store).list();
  for (const auto& fault : listing.faults) warn(fault);
  if (arguments.has("--json")) return print(images_json(listing.images, policy));
  if (listing.images.empty()) return print("no image is registered\n");
  std::vector<std::vector<std::string>> rows = {
      {"IMAGE", "VERSION", "FORMAT", "SIZE", "REGISTERED", "STATE", "DIGEST"}};
  for (const auto& image : listing.images) {
    const Manifest& manifest = image.manifest;
    rows.push_back({manifest.name.text(), manifest.version.text(),
                    std::string(name_of(manifest.root_format)), format_bytes(total_bytes(manifest)),
                    format_time(image.registered_at), state_of(image, policy),
                    image.digest.to_string()});
  }
  return print(format_table(rows));
}

}  // namespace workspace::cli
