#include "libworkspace/catalog/image_selection.h"

#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// Why one may not use the image; nothing when one may.
std::optional<Error> refusal(const RegisteredImage& image, const ImagePolicy& policy,
                             const Requester& requester) {
  try {
    (void)policy.check_image(image);
    policy.check_access(image.manifest, requester);
    return std::nullopt;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kDenied) throw;
    return e;
  }
}

std::string usable_names(const Catalog& catalog, const ImagePolicy& policy,
                         const Requester& requester) {
  std::vector<std::string> names;
  for (const auto& image : usable_images(catalog, policy, requester)) {
    const std::string& name = image.manifest.name.text();
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names.empty() ? "there is no image that you may use"
                       : "images you may use: " + join(names, ", ");
}

[[noreturn]] void refuse_version(const std::vector<RegisteredImage>& images,
                                 const ImagePolicy& policy, const Requester& requester,
                                 const ImageRef& ref) {
  std::vector<std::string> versions;
  for (const auto& image : images)
    if (!refusal(image, policy, requester)) versions.push_back(image.manifest.version.text());
  throw Error(ErrorKind::kNotFound,
              "image '" + ref.name.text() + "' has no version '" + ref.version + "'; " +
                  (versions.empty() ? "there is none that you may use"
                                    : "versions you may use: " + join(versions, ", ")));
}

}  // namespace

std::vector<RegisteredImage> usable_images(const Catalog& catalog, const ImagePolicy& policy,
                                           const Requester& requester) {
  auto images = catalog.list().images;
  std::erase_if(images,
                [&](const auto& image) { return refusal(image, policy, requester).has_value(); });
  return images;
}

RegisteredImage select_image(const Catalog& catalog, const ImagePolicy& policy,
                             const Requester& requester, const ImageRef& ref) {
  const auto [images, faults] = catalog.versions(ref.name);
  const auto with_names = [&](const Error& e) {
    return Error(e.kind(), e.text() + "; " + usable_names(catalog, policy, requester));
  };
  std::optional<Error> first_refusal;
  for (const auto& image : images) {
    if (!ref.version.empty() && image.manifest.version.text() != ref.version) continue;
    auto refused = refusal(image, policy, requester);
    if (!refused) return image;
    if (!first_refusal) first_refusal = std::move(refused);
  }
  if (first_refusal) throw with_names(*first_refusal);
  // None is meant, unless one that is damaged is.
  if (!faults.empty()) return catalog.resolve(ref);
  if (!images.empty()) refuse_version(images, policy, requester, ref);
  throw with_names(
      Error(ErrorKind::kNotFound, "image '" + ref.name.text() + "' is not registered"));
}

}  // namespace workspace
