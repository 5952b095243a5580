#include "cli/secret_keys.h"

#include <algorithm>
#include <filesystem>

#include "build_paths.h"
#include "libworkspace/base/error.h"

namespace workspace::cli {
namespace {

constexpr std::string_view kSuffix = ".key";

std::string secret_keys_folder() { return std::string(build_paths::kSysconfDir) + "/secret-keys"; }

}  // namespace

std::string secret_key_path(const std::string& name) {
  return secret_keys_folder() + "/" + name + std::string(kSuffix);
}

std::vector<std::string> secret_key_names() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(secret_keys_folder(), error)) {
    const auto& path = entry.path();
    if (path.extension() == kSuffix) names.push_back(path.stem().string());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw_errno("reading " + secret_keys_folder(), error.value());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace workspace::cli
