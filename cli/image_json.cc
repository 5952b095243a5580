#include "cli/image_json.h"

#include "cli/json.h"
#include "cli/output.h"

namespace workspace::cli {
namespace {

void add_file(Json& json, std::string_view role, const ImageFile& file) {
  json.begin_object(role)
      .field("file", file.path)
      .field("digest", file.digest->to_string())
      .field("size_bytes", file.size_bytes)
      .end_object();
}

void add_image(Json& json, const RegisteredImage& image) {
  const Manifest& manifest = image.manifest;
  json.begin_object()
      .field("name", manifest.name.text())
      .field("version", manifest.version.text())
      .field("description", manifest.description)
      .field("digest", image.digest.to_string())
      .field("registered", format_time(image.registered_at))
      .field("format", name_of(manifest.root_format));
  add_file(json, "root", manifest.root);
  if (manifest.kernel) add_file(json, "kernel", *manifest.kernel);
  if (manifest.initrd) add_file(json, "initrd", *manifest.initrd);
  json.begin_object("needs")
      .field("memory_mib", manifest.needs.memory_mib)
      .field("vcpus", std::uint64_t{manifest.needs.vcpus})
      .field("disk_mib", manifest.needs.disk_mib)
      .end_object()
      .end_object();
}

}  // namespace

std::string images_json(std::span<const RegisteredImage> images) {
  Json json;
  json.begin_object().begin_array("images");
  for (const auto& image : images) add_image(json, image);
  json.end_array().end_object();
  return json.text();
}

}  // namespace workspace::cli
