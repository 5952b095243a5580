#include "cli/image_content.h"

#include "build_paths.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/image/image_listing.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::hours kListTimeout{2};

}  // namespace

TreeListing content_of(const Catalog& catalog, const RegisteredImage& image) {
  const UniqueFd root = open_trusted_file(catalog.file_path(*image.manifest.root.digest));
  return list_image(root, image.manifest.root_format, "image " + title_of(image),
                    std::string(build_paths::kLibexecDir) + "/workspace-tree",
                    Deadline::in(kListTimeout));
}

std::vector<ImageFile> files_of(const Manifest& manifest) {
  std::vector<ImageFile> files = {manifest.root};
  if (manifest.kernel) files.push_back(*manifest.kernel);
  if (manifest.initrd) files.push_back(*manifest.initrd);
  return files;
}

std::string title_of(const RegisteredImage& image) {
  return image.manifest.name.text() + ":" + image.manifest.version.text();
}

}  // namespace workspace::cli
