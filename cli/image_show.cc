#include "cli/image_json.h"
#include "cli/image_places.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

std::string file_text(const ImageFile& file) {
  return file.path + ", " + format_bytes(file.size_bytes) + ", " + file.digest->to_string();
}

std::string description_of(const RegisteredImage& image, const ImagePolicy& policy,
                           const ImagePlaces& places) {
  const Manifest& manifest = image.manifest;
  std::vector<std::vector<std::string>> rows = {
      {"image", manifest.name.text() + ":" + manifest.version.text()},
      {"description", manifest.description},
      {"digest", image.digest.to_string()},
      {"registered", format_time(image.registered_at)},
      {"approved", approval_text(image, policy)},
      {"for", describe(policy.access_to(manifest))}};
  if (!manifest.owner.empty()) rows.push_back({"saved by", manifest.owner});
  if (!manifest.base.empty()) rows.push_back({"saved from", manifest.base});
  rows.push_back({"format", std::string(name_of(manifest.root_format))});
  for_each_file(manifest, [&](const std::string& role, const ImageFile& file) {
    rows.push_back({role, file_text(file)});
  });
  if (!manifest.kernel) rows.push_back({"kernel", "the site's"});
  if (!manifest.initrd) rows.push_back({"initrd", "the site's"});
  rows.push_back({"cached", places.here ? "on this machine" : "not on this machine"});
  if (places.nodes)
    rows.push_back({"cached on", places.nodes->empty() ? "no node" : *places.nodes});
  rows.push_back({"memory", format_size_mib(manifest.needs.memory_mib) + " or more"});
  rows.push_back({"vcpus", std::to_string(manifest.needs.vcpus) + " or more"});
  rows.push_back({"disk", format_size_mib(manifest.needs.disk_mib) + " or more"});
  if (manifest.needs.gpus != 0)
    rows.push_back({"gpus", std::to_string(manifest.needs.gpus) + " or more"});
  rows.push_back({"machine", manifest.needs.architecture});
  return format_table(rows) + "\n" + format_manifest(manifest);
}

}  // namespace

int run_image_show(const Arguments& arguments) {
  const auto ref = ImageRef::parse(*arguments.word(0));
  const SiteConfig config = site_config(arguments);
  const ImagePolicy policy = ImagePolicy::of(config);
  const RegisteredImage image = Catalog(config.store).resolve(ref);
  const ImagePlaces places = places_of(config, policy, image);
  if (!arguments.has("--json")) return print(description_of(image, policy, places));
  return print(images_json({&image, 1}, policy, [&](Json& json, const RegisteredImage& shown) {
    json.field("cached_here", places.here);
    if (places.nodes) json.field("cached_on", *places.nodes);
    json.field("manifest", format_manifest(shown.manifest));
  }));
}

}  // namespace workspace::cli
