#include <algorithm>
#include <cctype>

#include "cli/image_content.h"
#include "cli/image_json.h"
#include "cli/output.h"
#include "cli/subcommands.h"

namespace workspace::cli {
namespace {

/// Case does not count, as far as ASCII has one.
std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool matches(const RegisteredImage& image, const std::string& word) {
  return lower(title_of(image) + "\n" + image.manifest.description).find(word) != std::string::npos;
}

}  // namespace

int run_image_search(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  auto images = Catalog(config.store).list().images;
  const std::string word = lower(*arguments.word(0));
  std::erase_if(images, [&](const auto& image) { return !matches(image, word); });
  if (arguments.has("--json")) return print(images_json(images, ImagePolicy::of(config)));
  if (images.empty()) return print("no image has that in its name, version or description\n");
  std::vector<std::vector<std::string>> rows = {{"IMAGE", "VERSION", "DESCRIPTION"}};
  for (const auto& image : images) {
    rows.push_back(
        {image.manifest.name.text(), image.manifest.version.text(), image.manifest.description});
  }
  return print(format_table(rows));
}

}  // namespace workspace::cli
