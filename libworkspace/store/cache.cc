#include "libworkspace/store/cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/store/seal.h"

namespace workspace {
namespace {

std::string files_folder(const std::string& cache) { return cache + "/files"; }
std::string locks_folder(const std::string& cache) { return cache + "/locks"; }

struct stat state_of(const std::string& path) {
  const UniqueFd fd = open_trusted_file(path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw_errno("reading the state of " + path);
  return info;
}

/// Whether the cache has the file as it was when it was checked; noted as a use of it. One that a
/// disk, an admin or a restored backup has changed since is copied anew.
bool is_present(const std::string& path, const Seal& seal, std::uint64_t size_bytes) {
  try {
    const struct stat info = state_of(path);
    if (static_cast<std::uint64_t>(info.st_size) != size_bytes || !seal.is_on(info)) return false;
    seal.note_use();
    return true;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return false;
    throw;
  }
}

[[noreturn]] void refuse_source(ErrorKind kind, const std::string& path, const std::string& why) {
  throw Error(kind, "image file " + path + " " + why + "; the image must be registered again");
}

UniqueFd open_source(const std::string& path) {
  try {
    return open_trusted_file(path);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kNotFound) throw;
    refuse_source(ErrorKind::kNotFound, path, "is missing");
  }
}

struct Filling {
  int source;
  const std::string& source_path;
  std::uint64_t size_bytes;
  Deadline deadline;
};

/// Copies to the end, or until the deadline: the next one then goes on from there, so that a file
/// that takes longer than any job may wait gets here all the same.
PartialFile::Copied fill(PartialFile& partial, const Filling& filling) {
  const auto check_time = [&](std::uint64_t done_bytes) {
    if (!filling.deadline.passed()) return;
    partial.keep();
    throw Error(ErrorKind::kTimeout,
                "copying " + filling.source_path + " into the node's cache did not end in time (" +
                    std::to_string(done_bytes >> 20) + " of " +
                    std::to_string(filling.size_bytes >> 20) + " MiB were done)");
  };
  return partial.copy_from(filling.source, filling.source_path, filling.size_bytes, check_time);
}

}  // namespace

std::string NodeCache::file_path(const Digest& digest) const {
  return files_folder(cache_path_) + "/" + digest.file_name();
}

bool NodeCache::holds(const Digest& digest, std::uint64_t size_bytes) const {
  return is_present(file_path(digest), Seal(cache_path_, digest), size_bytes);
}

std::string NodeCache::ensure(const Digest& digest, std::uint64_t size_bytes,
                              const std::string& source_path, Deadline deadline) const {
  std::string path = file_path(digest);
  const Seal seal(cache_path_, digest);
  if (is_present(path, seal, size_bytes)) return path;
  make_trusted_folder(files_folder(cache_path_), 0755);
  make_trusted_folder(locks_folder(cache_path_), 0700);
  const FileLock lock(locks_folder(cache_path_) + "/" + digest.file_name(), deadline);
  // Another may have brought it while this one waited for the lock.
  if (!is_present(path, seal, size_bytes)) {
    copy_in(digest, size_bytes, source_path, deadline);
    seal.put_on(state_of(path));
  }
  return path;
}

void NodeCache::copy_in(const Digest& digest, std::uint64_t size_bytes,
                        const std::string& source_path, Deadline deadline) const {
  const UniqueFd source = open_source(source_path);
  const std::string folder = files_folder(cache_path_);
  std::optional<PartialFile> partial = PartialFile::resume(folder, digest.file_name());
  const bool resumed = partial->size_bytes() > 0;
  const auto is_right = [&](const PartialFile::Copied& copied) {
    return copied.size_bytes == size_bytes && Digest(copied.sha256) == digest;
  };
  const Filling filling{source.get(), source_path, size_bytes, deadline};
  auto copied = fill(*partial, filling);
  if (resumed && !is_right(copied)) {
    // What was left is not this file's beginning, as after a power failure.
    partial.emplace(folder, digest.file_name());
    if (::lseek(source.get(), 0, SEEK_SET) != 0) throw_errno("reading " + source_path);
    copied = fill(*partial, filling);
  }
  if (copied.size_bytes < size_bytes) {
    refuse_source(ErrorKind::kInvalid, source_path,
                  "was truncated after its registration: it has " +
                      std::to_string(copied.size_bytes) + " of " + std::to_string(size_bytes) +
                      " bytes");
  }
  if (!is_right(copied))
    refuse_source(ErrorKind::kInvalid, source_path, "was changed after its registration");
  partial->sync();
  partial->publish(0444);
  sync_folder(folder);
}

}  // namespace workspace
