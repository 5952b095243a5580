#include <algorithm>
#include <map>
#include <set>

#include "cli/image_content.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

constexpr std::size_t kFoldersShown = 20;
/// How deep the folders are whose sizes are told: usr/lib, opt/app.
constexpr std::size_t kFolderDepth = 2;

struct FolderSize {
  std::string path;
  std::uint64_t bytes = 0;
};

/// The folders at most two deep, the largest first; a file of several names counts once.
std::vector<FolderSize> folder_sizes(const TreeListing& listing) {
  std::map<std::string, std::uint64_t> sizes;
  for (const auto& file : listing.files) {
    if (file.type != 'f' || file.sha256.empty()) continue;
    std::size_t end = 0;
    for (std::size_t depth = 0; depth < kFolderDepth; ++depth) {
      end = file.path.find('/', end == 0 ? 0 : end + 1);
      if (end == std::string::npos) break;
      sizes[file.path.substr(0, end)] += file.size_bytes;
    }
  }
  std::vector<FolderSize> sorted;
  for (const auto& [path, bytes] : sizes) sorted.push_back({path, bytes});
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return sorted;
}

/// The kernels whose modules an image brings: the folders of lib/modules.
std::set<std::string> module_kernels(const TreeListing& listing) {
  std::set<std::string> kernels;
  for (const auto& file : listing.files) {
    for (const std::string_view folder : {"lib/modules/", "usr/lib/modules/"}) {
      if (!file.path.starts_with(folder)) continue;
      const std::string rest = file.path.substr(folder.size());
      kernels.insert(rest.substr(0, rest.find('/')));
    }
  }
  return kernels;
}

std::uint64_t total_of(const TreeListing& listing) {
  std::uint64_t total = 0;
  for (const auto& file : listing.files)
    if (!file.sha256.empty()) total += file.size_bytes;
  return total;
}

std::string system_of(const TreeListing& listing) {
  for (const char* key : {"PRETTY_NAME", "NAME", "ID"}) {
    const auto found = listing.os_release.find(key);
    if (found != listing.os_release.end()) return found->second;
  }
  return "unknown (it has no os-release)";
}

std::string inspection_json(const RegisteredImage& image, const TreeListing& listing) {
  Json json;
  json.begin_object().field("image", title_of(image)).field("digest", image.digest.to_string());
  json.begin_object("os_release");
  for (const auto& [key, value] : listing.os_release) json.field(key, printable(value));
  json.end_object()
      .field("files", std::uint64_t{listing.files.size()})
      .field("size_bytes", total_of(listing))
      .field("package_database", listing.package_database)
      .field("package_fault", printable(listing.package_fault))
      .begin_array("packages");
  for (const auto& package : listing.packages) {
    json.begin_object()
        .field("name", printable(package.name))
        .field("version", printable(package.version))
        .end_object();
  }
  json.end_array().begin_array("folders");
  for (const auto& folder : folder_sizes(listing)) {
    json.begin_object()
        .field("path", printable(folder.path))
        .field("size_bytes", folder.bytes)
        .end_object();
  }
  json.end_array().begin_array("kernel_modules");
  for (const auto& kernel : module_kernels(listing))
    json.begin_object().field("kernel", printable(kernel)).end_object();
  return json.end_array().end_object().text();
}

std::string inspection_text(const RegisteredImage& image, const TreeListing& listing) {
  std::string packages =
      std::to_string(listing.packages.size()) + " (" +
      (listing.package_database.empty() ? "no database that is known" : listing.package_database) +
      ")";
  if (!listing.package_fault.empty()) packages = "not known: " + printable(listing.package_fault);
  std::vector<std::string> kernels;
  for (const auto& kernel : module_kernels(listing)) kernels.push_back(printable(kernel));
  std::string text =
      format_table({{"image", title_of(image)},
                    {"system", printable(system_of(listing))},
                    {"files", std::to_string(listing.files.size())},
                    {"size", format_bytes(total_of(listing))},
                    {"packages", packages},
                    {"modules for", kernels.empty() ? "no kernel" : join(kernels, ", ")}});
  std::vector<std::vector<std::string>> rows;
  for (const auto& folder : folder_sizes(listing)) {
    if (rows.size() == kFoldersShown) break;
    rows.push_back({"  " + format_bytes(folder.bytes), printable(folder.path)});
  }
  if (!rows.empty()) text += "largest folders:\n" + format_table(rows);
  rows.clear();
  for (const auto& package : listing.packages)
    rows.push_back({"  " + printable(package.name), printable(package.version)});
  if (!rows.empty()) text += "packages:\n" + format_table(rows);
  return text;
}

}  // namespace

int run_image_inspect(const Arguments& arguments) {
  const Catalog catalog(site_config(arguments).store);
  const RegisteredImage image = catalog.resolve(ImageRef::parse(*arguments.word(0)));
  const TreeListing listing = content_of(catalog, image);
  return print(arguments.has("--json") ? inspection_json(image, listing)
                                       : inspection_text(image, listing));
}

}  // namespace workspace::cli
