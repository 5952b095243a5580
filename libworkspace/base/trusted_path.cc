#include "libworkspace/base/trusted_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw Error(ErrorKind::kDenied, path + " is not trusted: " + reason);
}

void check_owner(const std::string& path, const struct stat& info) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid())
    refuse(path, "it belongs to uid " + std::to_string(info.st_uid) + ", not to root");
}

void check_writers(const std::string& path, const struct stat& info) {
  const bool shared = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky_folder = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
  if (shared && !sticky_folder)
    refuse(path, "others than its owner can write it; chmod go-w " + path);
}

std::vector<std::string> parts_of(const std::string& path) {
  if (path.empty() || path[0] != '/') refuse(printable(path), "the path is not absolute");
  std::vector<std::string> parts;
  for (auto& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") refuse(printable(path), "the path has a '..'");
    parts.push_back(std::move(part));
  }
  return parts;
}

/// Opens one more part of the path under `parent` and checks it.
UniqueFd step_down(const UniqueFd& parent, const std::string& part, const std::string& so_far,
                   int flags) {
  UniqueFd fd(::openat(parent.get(), part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) {
    if (errno == ENOENT) throw Error(ErrorKind::kNotFound, so_far + " does not exist");
    struct stat link {};
    const bool is_link = ::fstatat(parent.get(), part.c_str(), &link, AT_SYMLINK_NOFOLLOW) == 0 &&
                         S_ISLNK(link.st_mode);
    if (is_link) refuse(so_far, "it is a link");
    if (errno == ENOTDIR) refuse(so_far, "it is not a folder");
    throw_errno("opening " + so_far);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw_errno("reading the state of " + so_far);
  check_owner(so_far, info);
  check_writers(so_far, info);
  return fd;
}

UniqueFd open_root() {
  UniqueFd root(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) throw_errno("opening /");
  return root;
}

}  // namespace

UniqueFd open_trusted_file(const std::string& path) {
  const auto parts = parts_of(path);
  if (parts.empty()) refuse(path, "it is not a file");
  UniqueFd at = open_root();
  std::string so_far;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    so_far += "/" + parts[i];
    const bool last = i + 1 == parts.size();
    // O_NONBLOCK: a FIFO in the place of the file must not hold us up.
    at = step_down(at, parts[i], so_far, last ? O_RDONLY | O_NONBLOCK : O_RDONLY | O_DIRECTORY);
  }
  struct stat info {};
  if (::fstat(at.get(), &info) != 0) throw_errno("reading the state of " + path);
  if (!S_ISREG(info.st_mode)) refuse(path, "it is not a regular file");
  return at;
}

std::string read_trusted_file(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd = open_trusted_file(path);
  return read_all(fd.get(), max_bytes, "reading " + path);
}

UniqueFd open_trusted_folder(const std::string& path) {
  UniqueFd at = open_root();
  std::string so_far;
  for (const auto& part : parts_of(path)) {
    so_far += "/" + part;
    at = step_down(at, part, so_far, O_RDONLY | O_DIRECTORY);
  }
  return at;
}

void make_trusted_folder(const std::string& path, unsigned mode) {
  const auto parts = parts_of(path);
  UniqueFd at = open_root();
  std::string so_far;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    so_far += "/" + parts[i];
    const bool last = i + 1 == parts.size();
    const bool made = ::mkdirat(at.get(), parts[i].c_str(), last ? 0700 : 0755) == 0;
    if (!made && errno != EEXIST) throw_errno("making the folder " + so_far);
    at = step_down(at, parts[i], so_far, O_RDONLY | O_DIRECTORY);
    if (made && last && ::fchmod(at.get(), mode) != 0) throw_errno("setting the mode of " + so_far);
  }
}

}  // namespace workspace
