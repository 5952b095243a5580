#include "cli/image_json.h"

#include "cli/output.h"
#include "libworkspace/base/error.h"

namespace workspace::cli {
namespace {

void add_file(Json& json, std::string_view role, const ImageFile& file) {
  json.begin_object(role)
      .field("file", file.path)
      .field("digest", file.digest->to_string())
      .field("size_bytes", file.size_bytes)
      .end_object();
}

/// `approved` and by whom, or why not.
void add_approval(Json& json, const RegisteredImage& image, const ImagePolicy& policy) {
  try {
    const auto approval = policy.check_image(image);
    json.field("usable", true).field("approved", approval.has_value());
    if (!approval) return;
    json.field("key", approval->key).field("key_id", approval->key_id.to_string());
    if (approval->signed_at) json.field("signed", format_utc_time(*approval->signed_at));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kDenied) throw;
    json.field("usable", false).field("refusal", e.text());
  }
}

void add_image(Json& json, const RegisteredImage& image, const ImagePolicy& policy) {
  const Manifest& manifest = image.manifest;
  json.field("name", manifest.name.text())
      .field("version", manifest.version.text())
      .field("description", manifest.description)
      .field("digest", image.digest.to_string())
      .field("registered", format_time(image.registered_at))
      .field("format", name_of(manifest.root_format));
  add_approval(json, image, policy);
  json.field("access", describe(policy.access_to(manifest)));
  if (!manifest.owner.empty()) json.field("owner", manifest.owner).field("base", manifest.base);
  for_each_file(manifest, [&](const std::string& role, const ImageFile& file) {
    add_file(json, role, file);
  });
  json.begin_object("needs")
      .field("memory_mib", manifest.needs.memory_mib)
      .field("vcpus", std::uint64_t{manifest.needs.vcpus})
      .field("disk_mib", manifest.needs.disk_mib)
      .field("gpus", std::uint64_t{manifest.needs.gpus})
      .field("architecture", manifest.needs.architecture)
      .end_object();
}

}  // namespace

std::string images_json(std::span<const RegisteredImage> images, const ImagePolicy& policy,
                        const std::function<void(Json&, const RegisteredImage&)>& add_more) {
  Json json;
  json.begin_object().begin_array("images");
  for (const auto& image : images) {
    json.begin_object();
    add_image(json, image, policy);
    if (add_more) add_more(json, image);
    json.end_object();
  }
  json.end_array().end_object();
  return json.text();
}

std::string approval_text(const RegisteredImage& image, const ImagePolicy& policy) {
  try {
    const auto approval = policy.check_image(image);
    if (!approval) return "not approved, which this site does not require";
    std::string text = "by '" + approval->key + "' (" + approval->key_id.to_string() + ")";
    if (approval->signed_at) text += " at " + format_utc_time(*approval->signed_at);
    return text;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kDenied) throw;
    return e.text();
  }
}

}  // namespace workspace::cli
