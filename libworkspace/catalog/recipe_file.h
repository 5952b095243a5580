#pragma once

#include <string>

#include "libworkspace/catalog/yaml_faults.h"
#include "libworkspace/model/image_recipe.h"

namespace workspace {

inline constexpr std::size_t kMaxRecipeBytes = 1 << 16;

/// Reads the YAML form of a recipe (RECIPES in workspace(1)). `file` is what refusals call the
/// text; what is wrong with it is added to `faults`, and the recipe is of use only if there is
/// nothing.
ImageRecipe parse_recipe(std::string_view text, const std::string& file, YamlFaults& faults);

}  // namespace workspace
