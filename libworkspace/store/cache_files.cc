#include "libworkspace/store/cache_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/store/seal.h"

namespace workspace {
namespace {

constexpr std::string_view kPrefix = "sha256-";
/// No digest's name begins so; what a killed eviction left under it is swept away.
constexpr std::string_view kLeaving = ".leaving-";
/// An eviction takes two renamings and a look at the jobs' records.
constexpr std::chrono::seconds kEvictionTime(30);

std::string files_folder(const std::string& cache) { return cache + "/files"; }
std::string locks_folder(const std::string& cache) { return cache + "/locks"; }
std::string pins_folder(const std::string& cache) { return cache + "/pins"; }

std::optional<Digest> digest_of_name(const std::string& name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  try {
    return Digest::parse("sha256:" + name.substr(kPrefix.size()));
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool is_pinned(const std::string& cache, const Digest& digest) {
  return ::access((pins_folder(cache) + "/" + digest.file_name()).c_str(), F_OK) == 0;
}

std::optional<CachedFile> look_at(const std::string& cache, const UniqueFd& folder,
                                  const std::string& name) {
  const auto digest = digest_of_name(name);
  struct stat info {};
  if (!digest || ::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(info.st_mode))
    return std::nullopt;
  return CachedFile{*digest, static_cast<std::uint64_t>(info.st_size),
                    Seal(cache, *digest).last_use(), is_pinned(cache, *digest)};
}

/// None for a folder that is not there.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error))
    names.push_back(entries->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory)
    throw_errno("reading " + folder, error.value());
  return names;
}

void move(const UniqueFd& folder, const std::string& from, const std::string& to) {
  if (::renameat(folder.get(), from.c_str(), folder.get(), to.c_str()) != 0 && errno != ENOENT)
    throw_errno("renaming " + from + " in the cache");
}

/// Of which at most one is under way on a node.
class EvictionTurn {
 public:
  explicit EvictionTurn(const std::string& cache)
      : lock_((make_trusted_folder(locks_folder(cache), 0700), locks_folder(cache) + "/eviction"),
              Deadline::in(kEvictionTime)) {}

 private:
  FileLock lock_;
};

/// Whether nobody holds the lock under which a file of this name is made.
bool is_abandoned(const std::string& cache, const std::string& name) {
  try {
    const FileLock free(locks_folder(cache) + "/" + name, Deadline::in(std::chrono::seconds(0)));
    return true;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kTimeout) return false;
    throw;
  }
}

/// Takes a file out of sight while it is asked whether anybody wants it; back() puts it back.
/// Renaming is a change of the file, so its seal is renewed.
class Departure {
 public:
  Departure(const std::string& cache, const Digest& digest)
      : folder_(open_trusted_folder(files_folder(cache))),
        name_(digest.file_name()),
        leaving_(std::string(kLeaving) + name_),
        seal_(cache, digest),
        sealed_(is_sealed(name_)) {
    move(folder_, name_, leaving_);
  }

  void back() const {
    move(folder_, leaving_, name_);
    struct stat info {};
    if (sealed_ && ::fstatat(folder_.get(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
      seal_.put_on(info);
  }

  void finish() const {
    if (::unlinkat(folder_.get(), leaving_.c_str(), 0) != 0 && errno != ENOENT)
      throw_errno("removing " + name_ + " from the cache");
    seal_.remove();
  }

 private:
  [[nodiscard]] bool is_sealed(const std::string& name) const {
    struct stat info {};
    return ::fstatat(folder_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           seal_.is_on(info);
  }

  UniqueFd folder_;
  std::string name_;
  std::string leaving_;
  Seal seal_;
  bool sealed_;
};

}  // namespace

std::vector<CachedFile> cached_files(const std::string& cache_path) {
  std::vector<CachedFile> files;
  const auto names = names_in(files_folder(cache_path));
  if (names.empty()) return files;
  const UniqueFd folder = open_trusted_folder(files_folder(cache_path));
  for (const auto& name : names) {
    if (auto file = look_at(cache_path, folder, name)) files.push_back(*file);
  }
  std::sort(files.begin(), files.end(), [](const CachedFile& a, const CachedFile& b) {
    return std::pair(a.last_used, a.digest) < std::pair(b.last_used, b.digest);
  });
  return files;
}

void set_pinned(const std::string& cache_path, const Digest& digest, bool pinned) {
  const std::string path = pins_folder(cache_path) + "/" + digest.file_name();
  if (!pinned) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path);
    return;
  }
  make_trusted_folder(pins_folder(cache_path), 0755);
  write_file_atomic(path, "", 0444);
}

bool evict_file(const std::string& cache_path, const Digest& digest,
                const std::function<bool()>& is_wanted) {
  const EvictionTurn turn(cache_path);
  const Departure departure(cache_path, digest);
  bool wanted = true;
  try {
    wanted = is_wanted();
  } catch (...) {
    departure.back();
    throw;
  }
  if (wanted) {
    departure.back();
  } else {
    departure.finish();
  }
  return !wanted;
}

std::size_t sweep_cache(const std::string& cache_path) {
  std::size_t removed = 0;
  const auto names = names_in(files_folder(cache_path));
  if (names.empty()) return 0;
  const UniqueFd folder = open_trusted_folder(files_folder(cache_path));
  const EvictionTurn turn(cache_path);
  for (const auto& name : names) {
    const bool leaving = name.starts_with(kLeaving);
    const bool partial = name.starts_with(PartialFile::kPrefix) &&
                         is_abandoned(cache_path, name.substr(PartialFile::kPrefix.size()));
    if ((leaving || partial) && ::unlinkat(folder.get(), name.c_str(), 0) == 0) ++removed;
  }
  return removed;
}

}  // namespace workspace
