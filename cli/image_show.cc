#include "cli/image_json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

std::string file_text(const ImageFile& file) {
  return file.path + ", " + format_bytes(file.size_bytes) + ", " + file.digest->to_string();
}

std::string description_of(const RegisteredImage& image, const ImagePolicy& policy) {
  const Manifest& manifest = image.manifest;
  const auto own = [](const auto& file) { return file ? file_text(*file) : "the site's"; };
  return format_table({{"image", manifest.name.text() + ":" + manifest.version.text()},
                       {"description", manifest.description},
                       {"digest", image.digest.to_string()},
                       {"registered", format_time(image.registered_at)},
                       {"approved", approval_text(image, policy)},
                       {"for", describe(policy.access_to(manifest))},
                       {"format", std::string(name_of(manifest.root_format))},
                       {"root", file_text(manifest.root)},
                       {"kernel", own(manifest.kernel)},
                       {"initrd", own(manifest.initrd)},
                       {"memory", format_size_mib(manifest.needs.memory_mib) + " or more"},
                       {"vcpus", std::to_string(manifest.needs.vcpus) + " or more"},
                       {"disk", format_size_mib(manifest.needs.disk_mib) + " or more"}});
}

}  // namespace

int run_image_show(const Arguments& arguments) {
  const auto ref = ImageRef::parse(*arguments.word(0));
  const SiteConfig config = site_config(arguments);
  const ImagePolicy policy = ImagePolicy::of(config);
  const RegisteredImage image = Catalog(config.store).resolve(ref);
  if (arguments.has("--json")) return print(images_json({&image, 1}, policy));
  return print(description_of(image, policy));
}

}  // namespace workspace::cli
