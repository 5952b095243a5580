#include "guest/files.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"

namespace workspace::agent {

void throw_guest_errno(std::string_view what) {
  throw Error(ErrorKind::kGuest, std::string(what) + ": " + std::strerror(errno));
}

void make_folders(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
      throw_guest_errno("making the folder " + folder);
    if (slash == std::string::npos) return;
  }
}

void make_file(const std::string& path) {
  make_folders(path.substr(0, path.rfind('/')));
  const UniqueFd made(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!made.valid() && errno != EEXIST) throw_guest_errno("creating " + path);
}

void replace_file(const std::string& path, std::string_view content, mode_t mode) {
  const std::string temporary = path + ".workspace-agent";
  ::unlink(temporary.c_str());
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) throw_guest_errno("creating " + temporary);
  write_all(fd.get(), content, "writing " + temporary);
  if (::fchmod(fd.get(), mode) != 0) throw_guest_errno("setting the mode of " + temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw_guest_errno("renaming to " + path);
}

std::string read_small_file(const std::string& path) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT) return {};
    throw_guest_errno("opening " + path);
  }
  return read_all(fd.get(), kMaxBytes, "reading " + path);
}

void mount_at(const std::string& source, const std::string& target, const char* type,
              unsigned long flags, const std::string& options) {
  if (::mount(source.c_str(), target.c_str(), type, flags, options.c_str()) != 0)
    throw_guest_errno("mounting " + std::string(type) + " at " + target);
}

}  // namespace workspace::agent
