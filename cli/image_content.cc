#include "cli/image_content.h"

#include <filesystem>

#include "cli/tree_options.h"
#include "libworkspace/base/trusted_path.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::hours kListTimeout{2};

}  // namespace

OpenedImage open_files(const Catalog& catalog, const Manifest& manifest) {
  const auto open = [&](const ImageFile& file) {
    return open_trusted_file(catalog.file_path(*file.digest));
  };
  OpenedImage files{open(manifest.root), manifest.root_format};
  for (const auto& layer : manifest.layers) files.layers.push_back(open(layer));
  return files;
}

TreeListing content_of(const Catalog& catalog, const RegisteredImage& image) {
  return list_image(open_files(catalog, image.manifest), "image " + title_of(image), tree_program(),
                    std::filesystem::temp_directory_path(), Deadline::in(kListTimeout));
}

std::vector<ImageFile> files_of(const Manifest& manifest) {
  std::vector<ImageFile> files;
  for_each_file(manifest, [&](const auto&, const ImageFile& file) { files.push_back(file); });
  return files;
}

std::string title_of(const RegisteredImage& image) {
  return image.manifest.name.text() + ":" + image.manifest.version.text();
}

}  // namespace workspace::cli
