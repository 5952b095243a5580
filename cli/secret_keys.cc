#include "cli/secret_keys.h"

#include <algorithm>
#include <filesystem>

#include "build_paths.h"
#include "cli/output.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/trusted_keys.h"

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

std::string chosen_secret_key(const Arguments& arguments, const std::string& remedy) {
  if (const auto file = arguments.value("--secret")) return absolute_path(*file);
  if (const auto name = arguments.value("--key")) {
    check_key_name(*name);
    return secret_key_path(*name);
  }
  const auto names = secret_key_names();
  if (names.size() == 1) return secret_key_path(names[0]);
  if (names.empty()) throw Error(ErrorKind::kNotFound, "there is no key to sign with; " + remedy);
  throw Error(ErrorKind::kUsage,
              "there are several keys; say which by --key: " + join(names, ", "));
}

}  // namespace workspace::cli
