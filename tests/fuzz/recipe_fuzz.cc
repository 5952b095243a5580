#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/catalog/recipe_file.h"
#include "libworkspace/image/image_build.h"

namespace {

/// The words that mmdebstrap gets are the ones that are meant: no value of the recipe's is taken
/// for an option, for two values, or for a second line.
bool is_one_value(const std::string& word) {
  return !word.empty() && word.front() != '-' && word.find_first_of(", \n") == std::string::npos;
}

/// dnf's configuration has the lines that are meant, and $3 the packages.
void check_dnf(const workspace::ImageRecipe& recipe) {
  for (const auto& package : recipe.packages)
    if (!is_one_value(package) || package.find(' ') != std::string::npos) std::abort();
  const std::string configuration = workspace::dnf_words(recipe, {})[5];
  const auto lines = std::count(configuration.begin(), configuration.end(), '\n');
  if (lines != static_cast<std::ptrdiff_t>(6 + 4 * recipe.dnf->repositories.size())) std::abort();
}

}  // namespace

/// Whatever a recipe holds, its faults are told or it is one that can be built.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  workspace::YamlFaults faults;
  const workspace::ImageRecipe recipe = workspace::parse_recipe(text, "fuzz", faults);
  if (!faults.empty()) return 0;
  if (recipe.dnf) {
    check_dnf(recipe);
    return 0;
  }
  if (!is_one_value(recipe.suite) || !is_one_value(recipe.variant)) std::abort();
  for (const auto& package : recipe.packages)
    if (!is_one_value(package)) std::abort();
  std::vector<workspace::RecipeFile> files;
  for (const auto& copy : recipe.copies) files.push_back({copy.destination, "content", false});
  for (const auto& word : workspace::build_words(recipe, files, "root"))
    if (word.find('\n') != std::string::npos) std::abort();
  return 0;
}
