#include "cli/listing_difference.h"

#include <map>

#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

/// Walks two maps in the order of their keys; `tell` gets what either has, or null.
template <class Map, class Tell>
void walk_both(const Map& a, const Map& b, const Tell& tell) {
  auto at_a = a.begin();
  auto at_b = b.begin();
  while (at_a != a.end() || at_b != b.end()) {
    if (at_b == b.end() || (at_a != a.end() && at_a->first < at_b->first)) {
      tell(at_a->first, &at_a->second, nullptr);
      ++at_a;
    } else if (at_a == a.end() || at_b->first < at_a->first) {
      tell(at_b->first, nullptr, &at_b->second);
      ++at_b;
    } else {
      tell(at_a->first, &at_a->second, &at_b->second);
      ++at_a;
      ++at_b;
    }
  }
}

/// A package may be there in several versions, as kernels are.
std::map<std::string, std::string> versions_of(const TreeListing& listing) {
  std::map<std::string, std::string> versions;
  for (const auto& package : listing.packages) {
    std::string& all = versions[package.name];
    all += (all.empty() ? "" : ", ") + package.version;
  }
  return versions;
}

std::map<std::string, const ListedFile*> files_of(const TreeListing& listing) {
  std::map<std::string, const ListedFile*> files;
  for (const auto& file : listing.files) files.emplace(file.path, &file);
  return files;
}

std::string what_differs(const ListedFile& a, const ListedFile& b) {
  std::vector<std::string> parts;
  if (a.type != b.type) return "type";
  if (a.sha256 != b.sha256 || a.size_bytes != b.size_bytes) parts.emplace_back("content");
  if (a.target != b.target) parts.emplace_back("target");
  if (a.mode != b.mode) parts.emplace_back("mode");
  if (a.uid != b.uid || a.gid != b.gid) parts.emplace_back("owner");
  return join(parts, ", ");
}

}  // namespace

std::vector<Difference> package_differences(const TreeListing& a, const TreeListing& b) {
  std::vector<Difference> differences;
  walk_both(versions_of(a), versions_of(b),
            [&](const std::string& name, const std::string* in_a, const std::string* in_b) {
              if (in_a == nullptr) {
                differences.push_back({'+', name, *in_b});
              } else if (in_b == nullptr) {
                differences.push_back({'-', name, *in_a});
              } else if (*in_a != *in_b) {
                differences.push_back({'~', name, *in_a + " -> " + *in_b});
              }
            });
  return differences;
}

std::vector<Difference> file_differences(const TreeListing& a, const TreeListing& b) {
  std::vector<Difference> differences;
  walk_both(
      files_of(a), files_of(b),
      [&](const std::string& path, const ListedFile* const* in_a, const ListedFile* const* in_b) {
        if (in_a == nullptr || in_b == nullptr) {
          differences.push_back({in_a == nullptr ? '+' : '-', path, ""});
          return;
        }
        std::string what = what_differs(**in_a, **in_b);
        if (!what.empty()) differences.push_back({'~', path, std::move(what)});
      });
  return differences;
}

}  // namespace workspace::cli
