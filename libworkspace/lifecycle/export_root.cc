#include "libworkspace/lifecycle/export_root.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <thread>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/lifecycle/file_fence.h"
#include "libworkspace/lifecycle/mount_source.h"

namespace workspace {
namespace {

constexpr char kAccounts[] = "/etc/passwd";
constexpr char kNull[] = "/dev/null";
constexpr std::uint64_t kNoPrivileges = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

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

void show_folder(const std::string& at, const UniqueFd& source, bool read_only) {
  show(link_of(source), at);
  restrict(at, kNoPrivileges | (read_only ? MOUNT_ATTR_RDONLY : 0), AT_RECURSIVE);
}

/// A writable file is a mount of its own in its read-only folder. By descriptors all the way: the
/// folder is the user's, who may put a link at any name in it.
void show_writable(const std::string& folder, const MountSource& source) {
  const UniqueFd shown = open_path(folder, O_DIRECTORY);
  const auto place = open_same_file(shown, source.name, source.file);
  if (!place) throw Error(ErrorKind::kInvalid, "the file was replaced while it was mounted");
  const UniqueFd tree(
      ::open_tree(source.file.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
  struct mount_attr attr {};
  attr.attr_set = kNoPrivileges;
  if (!tree.valid() || ::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &attr, sizeof attr) != 0 ||
      ::move_mount(tree.get(), "", place->get(), "",
                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    throw_errno("mounting a single file");
}

void show_source(const std::string& root, const MountSource& source, bool read_only) {
  const std::string at = root + ExportRoot::kFolderPath;
  make_folder(at);
  show_folder(at, source.folder, read_only || source.file.valid());
  if (source.file.valid() && !read_only) show_writable(at, source);
}

/// For the server in `root`: what it starts from, and the single file.
UniqueFd fence_of(const std::string& root, const MountSource& source, bool read_only,
                  const std::vector<std::string>& files) {
  std::vector<FencedFile> fenced;
  const auto add = [&](const std::string& path, FenceRights rights) {
    fenced.push_back({open_path(path, 0), rights});
    if (!fenced.back().file.valid()) throw_errno("opening " + path);
  };
  for (const auto& file : files) add(root + file, FenceRights::kRead);
  add(root + kAccounts, FenceRights::kRead);
  add(root + kNull, FenceRights::kWrite);
  UniqueFd file(::fcntl(source.file.get(), F_DUPFD_CLOEXEC, 3));
  fenced.push_back({std::move(file), read_only ? FenceRights::kRead : FenceRights::kWrite});
  return make_file_fence(fenced);
}

/// The server looks up who it runs as, whom it squashes others to, and the guest's uid that asks,
/// which is root's or the user's: it refuses others. Their rights are the server's in each case.
void write_accounts(const std::string& root, const UserAccount& user) {
  make_folder(root + "/etc");
  const std::string ids = std::to_string(user.uid) + ":" + std::to_string(user.gid);
  write_file(root + kAccounts,
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
  const auto source = open_mount_source(user, mount.source);
  if (!source) return std::nullopt;
  check_mount_source(real_path_of(source->asked()));

  // Over a folder that every node has; in this namespace alone.
  const std::string root = "/run";
  if (::mount("tmpfs", root.c_str(), "tmpfs", MS_NOSUID, "mode=0755,size=1m,nr_inodes=1024") != 0)
    throw_errno("mounting a root for the user's folder");
  show_source(root, *source, mount.read_only);
  for (const auto& file : files) show_file(root, file, kNoPrivileges | MOUNT_ATTR_RDONLY);
  show_file(root, kNull, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  write_accounts(root, user);
  if (source->file.valid()) {
    made.file = source->name;
    made.fence = fence_of(root, *source, mount.read_only, files);
  }
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
