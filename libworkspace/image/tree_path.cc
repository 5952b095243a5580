#include "libworkspace/image/tree_path.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

// NAME_MAX and PATH_MAX of linux/limits.h, the NUL left out.
constexpr std::size_t kMaxPartBytes = 255;
constexpr std::size_t kMaxPathBytes = 4095;

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
  throw Error(ErrorKind::kInvalid, "the name '" + printable(name, 256) + "' " + why);
}

}  // namespace

std::string tree_path(std::string_view name) {
  if (name.empty()) refuse(name, "is empty");
  if (name.front() == '/') refuse(name, "is absolute");
  if (name.find('\0') != std::string_view::npos) refuse(name, "holds a NUL");
  if (name.size() > kMaxPathBytes) refuse(name, "is longer than 4095 bytes");
  std::string path;
  for (const auto& part : split(name, '/')) {
    if (part == "..") refuse(name, "leads out of the tree by '..'");
    if (part.size() > kMaxPartBytes) refuse(name, "has a part of more than 255 bytes");
    if (part.empty() || part == ".") continue;
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

std::string_view parent_path(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace workspace
