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
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/store/seal.h"

namespace workspace {
namespace {

constexpr std::string_view kPrefix = "sha256-";
/// No digest's name begins so; what a killed eviction left under it goes with the next one.
constexpr std::string_view kLeaving = ".leaving-";

std::string files_folder(const std::string& cache) { return cache + "/files"; }
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

void move(const UniqueFd& folder, const std::string& from, const std::string& to) {
  if (::renameat(folder.get(), from.c_str(), folder.get(), to.c_str()) != 0 && errno != ENOENT)
    throw_errno("renaming " + from + " in the cache");
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
  try {
    const UniqueFd folder = open_trusted_folder(files_folder(cache_path));
    std::error_code error;
    std::filesystem::directory_iterator entries(files_folder(cache_path), error);
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
      if (auto file = look_at(cache_path, folder, entries->path().filename().string()))
        files.push_back(*file);
    }
    if (error) throw_errno("reading " + files_folder(cache_path), error.value());
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kNotFound) throw;
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

}  // namespace workspace
