#include "cli/image_json.h"
#include "cli/output.h"
#include "cli/subcommands.h"

namespace workspace::cli {

int run_image_list(const Arguments& arguments) {
  const auto listing = Catalog(site_config(arguments).store).list();
  for (const auto& fault : listing.faults) warn(fault);
  if (arguments.has("--json")) return print(images_json(listing.images));
  if (listing.images.empty()) return print("no image is registered\n");
  std::vector<std::vector<std::string>> rows = {
      {"IMAGE", "VERSION", "FORMAT", "SIZE", "REGISTERED", "DIGEST"}};
  for (const auto& image : listing.images) {
    const Manifest& manifest = image.manifest;
    rows.push_back({manifest.name.text(), manifest.version.text(),
                    std::string(name_of(manifest.root_format)), format_bytes(total_bytes(manifest)),
                    format_time(image.registered_at), image.digest.to_string()});
  }
  return print(format_table(rows));
}

}  // namespace workspace::cli
