#include "libworkspace/base/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

bool all_zero(std::string_view block) {
  return std::all_of(block.begin(), block.end(), [](char c) { return c == 0; });
}

std::size_t read_block(int fd, std::vector<char>& block, std::string_view name) {
  for (;;) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw_errno("reading " + std::string(name));
  }
}

std::string path_in(const std::string& folder, const std::string& name) {
  return folder + "/" + std::string(PartialFile::kPrefix) + name;
}

/// A new inode and not a truncated old one: a maker that was thought dead can then write no byte
/// into what is published under the name.
UniqueFd create(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path);
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) throw_errno("creating " + path);
  return fd;
}

bool is_callers_alone(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1 &&
         info.st_uid == ::geteuid() && (info.st_mode & 0177) == 0;
}

}  // namespace

PartialFile::PartialFile(const std::string& folder, const std::string& name)
    : PartialFile(folder, name, create(path_in(folder, name))) {}

PartialFile::PartialFile(std::string folder, std::string name, UniqueFd fd)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      path_(path_in(folder_, name_)),
      fd_(std::move(fd)) {}

PartialFile PartialFile::resume(const std::string& folder, const std::string& name) {
  UniqueFd left(
      ::open(path_in(folder, name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (left.valid() && is_callers_alone(left.get())) return {folder, name, std::move(left)};
  return {folder, name};
}

std::uint64_t PartialFile::size_bytes() const {
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) throw_errno("looking at " + path_);
  return static_cast<std::uint64_t>(info.st_size);
}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      name_(std::move(other.name_)),
      path_(std::exchange(other.path_, {})),
      fd_(std::move(other.fd_)) {}

PartialFile::~PartialFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

PartialFile::Copied PartialFile::copy_from(int source, std::string_view source_name,
                                           std::uint64_t max_bytes, const CopyProgress& progress) {
  Sha256 hash;
  Copied copied;
  std::vector<char> buffer(kBlockBytes);
  // What is there already, which a fresh file has nothing of; the writing goes on behind it.
  while (const std::size_t got = read_block(fd_.get(), buffer, path_)) {
    hash.update(std::string_view(buffer.data(), got));
    copied.size_bytes += got;
    if (progress) progress(copied.size_bytes);
  }
  if (copied.size_bytes > 0 && ::lseek(source, static_cast<off_t>(copied.size_bytes), SEEK_CUR) < 0)
    throw_errno("reading " + std::string(source_name));
  while (copied.size_bytes <= max_bytes) {
    const std::size_t got = read_block(source, buffer, source_name);
    if (got == 0) break;
    const std::string_view block(buffer.data(), got);
    hash.update(block);
    if (all_zero(block)) {
      if (::lseek(fd_.get(), static_cast<off_t>(got), SEEK_CUR) < 0)
        throw_errno("writing " + path_);
    } else {
      write_all(fd_.get(), block, "writing " + path_);
    }
    copied.size_bytes += got;
    if (progress) progress(copied.size_bytes);
  }
  // A hole at the end counts only once the size says so.
  if (::ftruncate(fd_.get(), static_cast<off_t>(copied.size_bytes)) != 0)
    throw_errno("writing " + path_);
  copied.sha256 = hash.finish();
  return copied;
}

void PartialFile::sync() {
  if (::fsync(fd_.get()) != 0) throw_errno("syncing " + path_);
}

void PartialFile::publish(mode_t mode) { publish_as(name_, mode); }

void PartialFile::publish_as(const std::string& name, mode_t mode) {
  if (::fchmod(fd_.get(), mode) != 0) throw_errno("setting the mode of " + path_);
  const std::string target = folder_ + "/" + name;
  if (::rename(path_.c_str(), target.c_str()) != 0) throw_errno("renaming to " + target);
  path_.clear();
}

}  // namespace workspace
