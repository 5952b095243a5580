#pragma once

#include <span>
#include <string>

#include "libworkspace/catalog/catalog.h"

namespace workspace::cli {

/// `{"images": […]}`: all that the catalogue knows of them.
std::string images_json(std::span<const RegisteredImage> images);

}  // namespace workspace::cli
