#include "libworkspace/base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "libworkspace/base/error.h"
#include "libworkspace/base/unfinished_file.h"

namespace workspace {
namespace {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Removes a temporary file unless it was renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

void write_all(int fd, std::string_view bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_errno(what);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_all(int fd, std::size_t max_bytes, std::string_view what) {
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw_errno(what);
    }
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      throw Error(ErrorKind::kInvalid, std::string(what) + ": it holds more than " +
                                           std::to_string(max_bytes) + " bytes");
    }
  }
}

std::string read_file(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR)
      throw Error(ErrorKind::kNotFound, path + " does not exist");
    throw_errno("opening " + path);
  }
  return read_all(fd.get(), max_bytes, "reading " + path);
}

void write_file_atomic(const std::string& path, std::string_view content, mode_t mode) {
  const std::string temporary = path + kUnfinished + std::to_string(::getpid());
  const UniqueFd fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) throw_errno("creating " + temporary);
  TemporaryFile guard(temporary);
  write_all(fd.get(), content, "writing " + temporary);
  // The mode is set on the open file, so that the caller's umask has no say in it.
  if (::fchmod(fd.get(), mode) != 0) throw_errno("setting the mode of " + temporary);
  if (::fsync(fd.get()) != 0) throw_errno("syncing " + temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw_errno("renaming to " + path);
  guard.keep();
  sync_folder(folder_of(path));
}

void sync_folder(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) throw_errno("opening " + path);
  if (::fsync(fd.get()) != 0) throw_errno("syncing " + path);
}

}  // namespace workspace
