#include "libworkspace/lifecycle/user_folders.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"

namespace workspace {
namespace {

bool holds(const std::string& folder, const std::string& path) {
  return path == folder || path.starts_with(folder + "/");
}

bool may_be_mounted(const std::string& path) {
  try {
    check_mount_destination(check_absolute_path(path, "folder"));
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::vector<MountSpec> plan_mounts(const UserAccount& user, const std::string& work_dir,
                                   const std::vector<MountSpec>& requested) {
  std::vector<MountSpec> mounts = requested;
  const auto add_unless_held = [&](const std::string& path) {
    // /tmp is the guest's own, like every scratch folder: what is under it on the node stays there
    // unless the job was submitted from a folder in it.
    if (path == "/tmp" || !may_be_mounted(path)) return;
    const bool held = std::any_of(mounts.begin(), mounts.end(), [&](const MountSpec& mount) {
      return holds(mount.destination, path);
    });
    if (!held) mounts.push_back({path, path, false});
  };
  add_unless_held(user.home);
  add_unless_held(work_dir);
  std::stable_sort(mounts.begin(), mounts.end(), [](const MountSpec& a, const MountSpec& b) {
    return a.destination.size() < b.destination.size();
  });
  return mounts;
}

bool user_can_enter(const UserAccount& user, const std::string& path, Deadline deadline) {
  Command test;
  test.argv = {"/usr/bin/test", "-d", path, "-a", "-x", path};
  test.credentials = user.credentials();
  return run_command(test, deadline).exit_status == 0;
}

void serve_folder(const UserAccount& user, const std::string& source, int socket_fd,
                  int network_namespace_fd, const std::string& log_path) {
  const std::string fd = std::to_string(socket_fd);
  Command server;
  // -n and -S: without authentication every guest uid, root too, acts as the server's user and no
  // other; the server has that user's rights alone, so the host's kernel checks every access.
  server.argv = {"/usr/sbin/diod", "-f", "-c",    "/dev/null", "-n", "-S", "-r", fd, "-w", fd, "-e",
                 source,           "-L", "stderr"};
  server.credentials = user.credentials();
  server.network_namespace_fd = network_namespace_fd;
  server.kept_fds = {socket_fd};
  start_detached(server, log_path);
}

}  // namespace workspace
