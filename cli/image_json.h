#pragma once

#include <span>
#include <string>

#include "libworkspace/catalog/image_policy.h"

namespace workspace::cli {

/// `{"images": […]}`: all that the catalogue knows of them, and what the policy says.
std::string images_json(std::span<const RegisteredImage> images, const ImagePolicy& policy);

/// By whom an image is approved, or why nobody may use it: one line.
std::string approval_text(const RegisteredImage& image, const ImagePolicy& policy);

}  // namespace workspace::cli
