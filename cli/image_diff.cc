#include "cli/image_content.h"
#include "cli/json.h"
#include "cli/listing_difference.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

void add(Json& json, std::string_view key, const std::vector<Difference>& differences) {
  json.begin_array(key);
  for (const auto& difference : differences) {
    json.begin_object()
        .field("sign", std::string(1, difference.sign))
        .field("name", printable(difference.name))
        .field("detail", printable(difference.detail))
        .end_object();
  }
  json.end_array();
}

std::string text_of(const std::string& title, const std::vector<Difference>& differences) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& difference : differences) {
    rows.push_back({"  " + std::string(1, difference.sign), printable(difference.name),
                    printable(difference.detail)});
  }
  return title + (rows.empty() ? ": no difference\n" : ":\n" + format_table(rows));
}

}  // namespace

int run_image_diff(const Arguments& arguments) {
  const Catalog catalog(site_config(arguments).store);
  const RegisteredImage image_a = catalog.resolve(ImageRef::parse(*arguments.word(0)));
  const RegisteredImage image_b = catalog.resolve(ImageRef::parse(*arguments.word(1)));
  const TreeListing a = content_of(catalog, image_a);
  const TreeListing b = content_of(catalog, image_b);
  for (const auto& [image, listing] : {std::pair(&image_a, &a), std::pair(&image_b, &b)}) {
    if (!listing->package_fault.empty())
      warn("the packages of " + title_of(*image) + " are not known: " + listing->package_fault);
  }
  const auto packages = package_differences(a, b);
  const auto files = file_differences(a, b);
  if (!arguments.has("--json"))
    return print(text_of("packages", packages) + text_of("files", files));
  Json json;
  json.begin_object().field("a", title_of(image_a)).field("b", title_of(image_b));
  add(json, "packages", packages);
  add(json, "files", files);
  return print(json.end_object().text());
}

}  // namespace workspace::cli
