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

constexpr std::array<std::string_view, 3> kKernelFolders = {"/dev", "/proc", "/sys"};
constexpr std::string_view kQuoted = "\\:,";

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(ErrorKind::kInvalid, "mount '" + printable(text, 256) + "' " + why +
                                       "; expected SRC[:DST[:ro]] with absolute paths");
}

/// Splits at each separator that has no backslash in front; what is quoted stays so.
std::vector<std::string> split_quoted(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == separator) {
      parts.emplace_back();
      continue;
    }
    parts.back() += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) parts.back() += text[++i];
  }
  return parts;
}

/// Takes the backslashes out of a part of `mount`.
std::string unquote(std::string_view part, std::string_view mount) {
  std::string plain;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\' && (++i == part.size() || kQuoted.find(part[i]) == std::string_view::npos))
      refuse(mount, "has a '\\' that stands before neither ':', ',' nor '\\'");
    plain += part[i];
  }
  return plain;
}

std::string quote(std::string_view path) {
  std::string quoted;
  for (const char c : path) {
    if (kQuoted.find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

template <class Folders>
bool is_in(const Folders& folders, const std::string& path) {
  return std::any_of(folders.begin(), folders.end(), [&](std::string_view folder) {
    return path == folder || path.starts_with(std::string(folder) + "/");
  });
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
  auto parts = split_quoted(text, ':');
  for (auto& part : parts) part = unquote(part, text);
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
  return quote(source) + ":" + quote(destination) + (read_only ? ":ro" : ":rw");
}

std::vector<MountSpec> parse_mounts(std::string_view text) {
  std::vector<MountSpec> mounts;
  if (text.empty()) return mounts;
  for (const auto& part : split_quoted(text, ',')) {
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

void check_mount_source(const std::string& source) {
  if (source == "/" || is_in(kKernelFolders, source)) {
    throw Error(ErrorKind::kDenied, "'" + printable(source, 256) +
                                        "' of the node may not be mounted: it is the system's own");
  }
}

void check_mount_destination(const std::string& destination) {
  if (destination == "/" || is_in(kSystemFolders, destination)) {
    throw Error(ErrorKind::kDenied, "nothing may be mounted at '" + printable(destination, 256) +
                                        "': the workspace's own system is there");
  }
}

void check_mount(const MountSpec& mount) {
  check_mount_source(mount.source);
  check_mount_destination(mount.destination);
}

}  // namespace workspace
