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
    const std::string checked = check_absolute_path(path, "folder");
    check_mount({checked, checked, false});
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::vector<PlannedMount> plan_mounts(const UserAccount& user, const std::string& work_dir,
                                      const WantedMounts& wanted) {
  std::vector<PlannedMount> mounts;
  const auto any = [&](const auto& condition) {
    return std::any_of(mounts.begin(), mounts.end(),
                       [&](const PlannedMount& mount) { return condition(mount.spec); });
  };
  const auto add = [&](const std::vector<MountSpec>& specs, MountOrigin origin) {
    for (const auto& spec : specs) {
      const auto same = [&](const MountSpec& other) {
        return other.destination == spec.destination;
      };
      if (!any(same)) mounts.push_back({spec, origin});
    }
  };
  const auto add_unless_held = [&](const std::string& path) {
    // /tmp is the guest's own, like every scratch folder: what is under it on the node stays there
    // unless the job was submitted from a folder in it.
    if (path == "/tmp" || !may_be_mounted(path)) return;
    if (!any([&](const MountSpec& mount) { return holds(mount.destination, path); }))
      mounts.push_back({{path, path, false}, MountOrigin::kAccount});
  };
  add(wanted.request, MountOrigin::kRequest);
  add(wanted.image, MountOrigin::kImage);
  add(wanted.site, MountOrigin::kSite);
  add_unless_held(user.home);
  add_unless_held(work_dir);
  std::stable_sort(mounts.begin(), mounts.end(), [](const PlannedMount& a, const PlannedMount& b) {
    return a.spec.destination.size() < b.spec.destination.size();
  });
  return mounts;
}

bool user_can_reach(const UserAccount& user, const std::string& path, Deadline deadline) {
  Command test;
  test.argv = {"/usr/bin/test",
               "(",
               "-d",
               path,
               "-a",
               "-x",
               path,
               ")",
               "-o",
               "(",
               "-f",
               path,
               "-a",
               "-r",
               path,
               ")"};
  test.credentials = user.credentials();
  return run_command(test, deadline).exit_status == 0;
}

void serve_folder(const UserAccount& user, const ExportRoot& root, int socket_fd,
                  const ServerPlace& place) {
  const std::string fd = std::to_string(socket_fd);
  Command server;
  // -n and -S: without authentication every guest uid, root too, acts as the server's user and no
  // other; the server has that user's rights alone, so the host's kernel checks every access.
  server.argv = {kFolderServer, "-f",    "-c", "/dev/null", "-n", "-S",
                 "-r",          fd,      "-w", fd,          "-e", ExportRoot::kFolderPath,
                 "-L",          "stderr"};
  server.credentials = user.credentials();
  server.network_namespace_fd = place.network_namespace_fd;
  server.cpus = place.cpus;
  server.mount_namespace_fd = root.mount_namespace.get();
  server.fence_fd = root.fence.get();
  server.kept_fds = {socket_fd};
  start_detached(server, place.log_path);
}

}  // namespace workspace
