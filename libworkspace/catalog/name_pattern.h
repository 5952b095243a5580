#pragma once

#include <string>

#include "libworkspace/model/image_ref.h"

namespace workspace {

/// A pattern of image names: the letters of a name, `*` for any of them and `?` for one. Errors:
/// kInvalid.
std::string parse_name_pattern(const std::string& text);

bool matches_name_pattern(const std::string& pattern, const ImageName& name);

}  // namespace workspace
