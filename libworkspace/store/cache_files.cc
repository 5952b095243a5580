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
                    std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec),
                    is_pinned(cache, *digest)};
}

void move(const UniqueFd& folder, const std::string& from, const std::string& to) {
  if (::renameat(folder.get(), from.c_str(), folder.get(), to.c_str()) != 0 && errno != ENOENT)
    throw_errno("renaming " + from + " in the cache");
}

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
  const UniqueFd folder = open_trusted_folder(files_folder(cache_path));
  const std::string name = digest.file_name();
  const std::string leaving = std::string(kLeaving) + name;
  move(folder, name, leaving);
  bool wanted = true;
  try {
    wanted = is_wanted();
  } catch (...) {
    move(folder, leaving, name);
    throw;
  }
  if (wanted) {
    move(folder, leaving, name);
    return false;
  }
  if (::unlinkat(folder.get(), leaving.c_str(), 0) != 0 && errno != ENOENT)
    throw_errno("removing " + name + " from the cache");
  return true;
}

}  // namespace workspace
