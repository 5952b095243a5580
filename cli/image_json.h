#pragma once

#include <functional>
#include <span>
#include <string>

#include "cli/json.h"
#include "libworkspace/catalog/image_policy.h"

namespace workspace::cli {

/// `{"images": […]}`: all that the catalogue knows of them, and what the policy says. `add_more`
/// may add fields to each image.
std::string images_json(
    std::span<const RegisteredImage> images, const ImagePolicy& policy,
    const std::function<void(Json&, const RegisteredImage&)>& add_more = nullptr);

/// By whom an image is approved, or why nobody may use it: one line.
std::string approval_text(const RegisteredImage& image, const ImagePolicy& policy);

}  // namespace workspace::cli
