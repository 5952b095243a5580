#include "libworkspace/store/seal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/trusted_path.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxSealBytes = 256;

std::string text_of(const struct stat& file) {
  Fields fields;
  fields.add("inode", std::uint64_t{file.st_ino});
  fields.add("size_bytes", static_cast<std::uint64_t>(file.st_size));
  fields.add("changed_s", static_cast<std::uint64_t>(file.st_ctim.tv_sec));
  fields.add("changed_ns", static_cast<std::uint64_t>(file.st_ctim.tv_nsec));
  return fields.to_lines();
}

}  // namespace

Seal::Seal(const std::string& cache_path, const Digest& digest)
    : folder_(cache_path + "/seals"), path_(folder_ + "/" + digest.file_name()) {}

void Seal::put_on(const struct stat& file) const {
  make_trusted_folder(folder_, 0755);
  write_file_atomic(path_, text_of(file), 0444);
}

bool Seal::is_on(const struct stat& file) const {
  try {
    const UniqueFd fd = open_trusted_file(path_);
    return read_all(fd.get(), kMaxSealBytes, path_) == text_of(file);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return false;
    throw;
  }
}

void Seal::note_use() const {
  const struct timespec now[] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
  (void)::utimensat(AT_FDCWD, path_.c_str(), now, AT_SYMLINK_NOFOLLOW);
}

std::chrono::system_clock::time_point Seal::last_use() const {
  struct stat info {};
  if (::lstat(path_.c_str(), &info) != 0) return {};
  return std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec);
}

void Seal::remove() const {
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path_);
}

}  // namespace workspace
