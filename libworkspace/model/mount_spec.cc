#include "libworkspace/model/mount_spec.h"

#include <algorithm>
#include <array>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxMounts = 16;
constexpr std::size_t kMaxPathBytes = 1024;

constexpr std::array<std::string_view, 14> kSystemFolders = {
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc",
    "/run", "/sbin", "/sys", "/usr", "/var", "/root",  "/workspace"};

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(ErrorKind::kInvalid, "mount '" + printable(text, 256) + "' " + why +
                                       "; expected SRC[:DST[:ro]] with absolute paths");
}

}  // namespace

std::string check_absolute_path(std::string_view path, std::string_view what) {
  const auto bad = [&](const std::string& why) {
    throw Error(ErrorKind::kInvalid, std::string(what) + " '" + printable(path, 256) + "' " + why);
  };
  if (path.empty() || path[0] != '/') bad("is not an absolute path");
  if (path.size() > kMaxPathBytes)
    bad("is longer than " + std::to_string(kMaxPathBytes) + " bytes");
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) bad("has a control character");
  }
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  for (const auto& part : split(path.substr(1), '/')) {
    if (part == "." || part == ".." || (part.empty() && path != "/"))
      bad("has an empty, '.' or '..' part");
  }
  return std::string(path);
}

MountSpec MountSpec::parse(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() > 3) refuse(text, "has more than three parts");
  MountSpec mount;
  mount.source = check_absolute_path(parts[0], "mount source");
  mount.destination =
      parts.size() > 1 ? check_absolute_path(parts[1], "mount destination") : mount.source;
  if (parts.size() == 3) {
    if (parts[2] != "ro" && parts[2] != "rw")
      refuse(text, "has the mode '" + printable(parts[2], 16) + "', not ro or rw");
    mount.read_only = parts[2] == "ro";
  }
  return mount;
}

std::string MountSpec::to_string() const {
  return source + ":" + destination + (read_only ? ":ro" : ":rw");
}

std::vector<MountSpec> parse_mounts(std::string_view text) {
  std::vector<MountSpec> mounts;
  if (text.empty()) return mounts;
  for (const auto& part : split(text, ',')) {
    MountSpec mount = MountSpec::parse(part);
    const bool taken = std::any_of(mounts.begin(), mounts.end(), [&](const MountSpec& other) {
      return other.destination == mount.destination;
    });
    if (taken) refuse(part, "has a destination that another mount has already");
    mounts.push_back(std::move(mount));
  }
  if (mounts.size() > kMaxMounts) {
    throw Error(ErrorKind::kExceeded, std::to_string(mounts.size()) +
                                          " mounts are asked for; at most " +
                                          std::to_string(kMaxMounts) + " are allowed");
  }
  return mounts;
}

std::string format_mounts(const std::vector<MountSpec>& mounts) {
  std::vector<std::string> texts;
  for (const auto& mount : mounts) texts.push_back(mount.to_string());
  return join(texts, ",");
}

void check_mount_destination(const std::string& destination) {
  const bool system =
      std::any_of(kSystemFolders.begin(), kSystemFolders.end(), [&](std::string_view folder) {
        return destination == folder || destination.starts_with(std::string(folder) + "/");
      });
  if (destination == "/" || system) {
    throw Error(ErrorKind::kDenied, "nothing may be mounted at '" + printable(destination, 256) +
                                        "': the workspace's own system is there");
  }
}

}  // namespace workspace
