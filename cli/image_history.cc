#include "cli/image_json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"

namespace workspace::cli {
namespace {

std::vector<std::string> row_of(const RegisteredImage& image, const ImagePolicy& policy) {
  const Manifest& manifest = image.manifest;
  return {
      manifest.version.text(),          manifest.created ? format_utc_time(*manifest.created) : "-",
      format_time(image.registered_at), approval_text(image, policy),
      image.digest.to_string(),         manifest.description};
}

}  // namespace

int run_image_history(const Arguments& arguments) {
  const auto ref = ImageRef::parse(*arguments.word(0));
  if (!ref.version.empty()) {
    throw Error(ErrorKind::kUsage, "a history is of a name, not of a version: " + ref.name.text());
  }
  const SiteConfig config = site_config(arguments);
  const ImagePolicy policy = ImagePolicy::of(config);
  const Catalog catalog(config.store);
  const auto listing = catalog.versions(ref.name);
  for (const auto& fault : listing.faults) warn(fault);
  // An unknown name is refused, with those that there are.
  if (listing.images.empty()) (void)catalog.resolve(ref);
  if (arguments.has("--json")) return print(images_json(listing.images, policy));
  std::vector<std::vector<std::string>> rows = {
      {"VERSION", "CREATED", "REGISTERED", "APPROVED", "DIGEST", "DESCRIPTION"}};
  for (const auto& image : listing.images) rows.push_back(row_of(image, policy));
  return print(format_table(rows));
}

}  // namespace workspace::cli
