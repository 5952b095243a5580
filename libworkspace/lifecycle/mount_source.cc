#include "libworkspace/lifecycle/mount_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <exception>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// One thread's rights alone are the user's while this lives: the C library's calls would change
/// those of the whole process.
class ThreadActsAs {
 public:
  explicit ThreadActsAs(const Credentials& user) {
    if (::syscall(SYS_setgroups, user.groups.size(), user.groups.data()) != 0 ||
        ::syscall(SYS_setresgid, -1, user.gid, -1) != 0 ||
        ::syscall(SYS_setresuid, -1, user.uid, -1) != 0)
      throw_errno("acting as uid " + std::to_string(user.uid));
  }
  ThreadActsAs(const ThreadActsAs&) = delete;
  ThreadActsAs& operator=(const ThreadActsAs&) = delete;
  ~ThreadActsAs() {
    // Going on with other rights than root's is no choice.
    if (::syscall(SYS_setresuid, -1, 0, -1) != 0 || ::syscall(SYS_setresgid, -1, 0, -1) != 0 ||
        ::syscall(SYS_setgroups, 0, nullptr) != 0)
      std::terminate();
  }
};

bool same_file(const UniqueFd& a, const UniqueFd& b) {
  struct stat of_a {};
  struct stat of_b {};
  return ::fstat(a.get(), &of_a) == 0 && ::fstat(b.get(), &of_b) == 0 &&
         of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/// The server takes what is on another device than its folder for a mount point, and shows none.
void expect_same_device(const UniqueFd& folder, const struct stat& file, const std::string& path) {
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) throw_errno("looking at the folder of " + path);
  if (status.st_dev == file.st_dev) return;
  throw Error(ErrorKind::kInvalid, "'" + printable(path, 256) +
                                       "' is on another file system than the folder it is in; "
                                       "mount that folder, or the file from where it really is");
}

std::optional<MountSource> source_of_file(UniqueFd file, const struct stat& status,
                                          const std::string& path) {
  const std::string real = real_path_of(file);
  const auto slash = real.rfind('/');
  MountSource source{open_path(real.substr(0, slash + 1), O_DIRECTORY), std::move(file),
                     real.substr(slash + 1)};
  if (!source.folder.valid() || !open_same_file(source.folder, source.name, source.file))
    return std::nullopt;
  expect_same_device(source.folder, status, path);
  return source;
}

}  // namespace

std::string link_of(const UniqueFd& fd) {
  return "/proc/thread-self/fd/" + std::to_string(fd.get());
}

/// Where the descriptor's path really is.
std::string real_path_of(const UniqueFd& fd) {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink(link_of(fd).c_str(), path.data(), path.size());
  if (length < 0) throw_errno("looking at a source");
  return {path.data(), static_cast<std::size_t>(length)};
}

UniqueFd open_path(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC | flags));
  if (!fd.valid() && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
    throw_errno("opening " + path);
  return fd;
}

std::optional<UniqueFd> open_same_file(const UniqueFd& folder, const std::string& name,
                                       const UniqueFd& file) {
  UniqueFd found(::openat(folder.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!found.valid() || !same_file(found, file)) return std::nullopt;
  return found;
}

std::optional<MountSource> open_mount_source(const UserAccount& user, const std::string& path) {
  const ThreadActsAs rights(user.credentials());
  UniqueFd source = open_path(path, 0);
  struct stat status {};
  if (!source.valid() || ::fstat(source.get(), &status) != 0) return std::nullopt;
  if (S_ISDIR(status.st_mode)) return MountSource{std::move(source), {}, {}};
  if (S_ISREG(status.st_mode)) return source_of_file(std::move(source), status, path);
  throw Error(ErrorKind::kInvalid, "'" + printable(path, 256) + "' is not a folder or file");
}

}  // namespace workspace
