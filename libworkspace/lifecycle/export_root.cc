#include "libworkspace/lifecycle/export_root.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <exception>
#include <thread>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::uint64_t kNoPrivileges = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

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

/// The mount namespace of this thread, which is its own from here on.
UniqueFd leave_mount_namespace() {
  if (::unshare(CLONE_NEWNS) != 0) throw_errno("making a mount namespace");
  // What the node mounts later is seen below the source as well, and nothing goes the other way.
  if (::mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    throw_errno("separating a mount namespace");
  UniqueFd own(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!own.valid()) throw_errno("opening a mount namespace");
  return own;
}

std::string link_of(const UniqueFd& fd) {
  return "/proc/thread-self/fd/" + std::to_string(fd.get());
}

/// Where the descriptor's path really is.
std::string path_of(const UniqueFd& fd) {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink(link_of(fd).c_str(), path.data(), path.size());
  if (length < 0) throw_errno("looking at a source");
  return {path.data(), static_cast<std::size_t>(length)};
}

/// All that asks the source's file system is done as the user: it may be one that root may not
/// look into, or that the user's own program serves, whose errors are no fault of the node.
std::optional<UniqueFd> open_source(const UserAccount& user, const std::string& path) {
  const ThreadActsAs rights(user.credentials());
  UniqueFd source(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!source.valid() && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
    throw_errno("opening " + path);
  struct stat status {};
  if (!source.valid() || ::fstat(source.get(), &status) != 0) return std::nullopt;
  if (S_ISDIR(status.st_mode)) return source;
  throw Error(ErrorKind::kInvalid, "'" + printable(path, 256) + "' is not a folder");
}

void restrict(const std::string& target, std::uint64_t attributes, unsigned flags) {
  struct mount_attr attr {};
  attr.attr_set = attributes;
  if (::mount_setattr(AT_FDCWD, target.c_str(), flags, &attr, sizeof attr) != 0)
    throw_errno("restricting the mount at " + target);
}

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) throw_errno("making " + path);
}

/// Below `root`, which is a file system of this namespace's own.
void make_parents(const std::string& root, const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    make_folder(root + path.substr(0, slash));
}

void write_file(const std::string& path, const std::string& content) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file.valid()) throw_errno("making " + path);
  write_all(file.get(), content, "writing " + path);
}

void show(const std::string& from, const std::string& at) {
  if (::mount(from.c_str(), at.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    throw_errno("mounting " + at);
}

void show_file(const std::string& root, const std::string& file, std::uint64_t attributes) {
  make_parents(root, file);
  write_file(root + file, "");
  show(file, root + file);
  restrict(root + file, attributes, 0);
}

void show_source(const std::string& root, const UniqueFd& source, bool read_only) {
  const std::string at = root + ExportRoot::kFolderPath;
  make_folder(at);
  show(link_of(source), at);
  restrict(at, kNoPrivileges | (read_only ? MOUNT_ATTR_RDONLY : 0), AT_RECURSIVE);
}

/// The server looks up who it runs as, whom it squashes others to, and the guest's uid that asks,
/// which is root's or the user's: it refuses others. Their rights are the server's in each case.
void write_accounts(const std::string& root, const UserAccount& user) {
  make_folder(root + "/etc");
  const std::string ids = std::to_string(user.uid) + ":" + std::to_string(user.gid);
  write_file(root + "/etc/passwd",
             "user:x:" + ids + "::/:/\n" + "root:x:0:0::/:/\n" + "nobody:x:65534:65534::/:/\n");
}

void become_root_directory(const std::string& root) {
  restrict(root, kNoPrivileges | MOUNT_ATTR_RDONLY, 0);
  // By pivot_root(2): the old root lies on the new one's place and is then taken off.
  if (::chdir(root.c_str()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 ||
      ::umount2(".", MNT_DETACH) != 0)
    throw_errno("leaving the node's root");
}

std::optional<ExportRoot> build(const UserAccount& user, const MountSpec& mount,
                                const std::vector<std::string>& files) {
  ExportRoot made;
  made.mount_namespace = leave_mount_namespace();
  const auto source = open_source(user, mount.source);
  if (!source) return std::nullopt;
  check_mount_source(path_of(*source));

  // Over a folder that every node has; in this namespace alone.
  const std::string root = "/run";
  if (::mount("tmpfs", root.c_str(), "tmpfs", MS_NOSUID, "mode=0755,size=1m,nr_inodes=1024") != 0)
    throw_errno("mounting a root for the user's folder");
  show_source(root, *source, mount.read_only);
  for (const auto& file : files) show_file(root, file, kNoPrivileges | MOUNT_ATTR_RDONLY);
  show_file(root, "/dev/null", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  write_accounts(root, user);
  become_root_directory(root);
  return made;
}

}  // namespace

std::vector<std::string> files_of_program(const std::string& program, Deadline deadline) {
  Command ldd;
  ldd.argv = {"/usr/bin/ldd", program};
  std::vector<std::string> files = {program};
  for (const auto& line : split(check_command(ldd, deadline), '\n')) {
    // `NAME => PATH (ADDRESS)`, or for the loader `PATH (ADDRESS)`.
    const auto begin = line.find('/');
    const auto end = line.find(" (", begin == std::string::npos ? 0 : begin);
    if (begin != std::string::npos && end != std::string::npos)
      files.push_back(line.substr(begin, end - begin));
  }
  return files;
}

std::optional<ExportRoot> make_export_root(const UserAccount& user, const MountSpec& mount,
                                           const std::vector<std::string>& files) {
  std::optional<ExportRoot> made;
  std::exception_ptr failure;
  std::thread([&] {
    try {
      made = build(user, mount, files);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  return made;
}

}  // namespace workspace
