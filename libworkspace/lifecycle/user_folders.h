#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/lifecycle/user_account.h"
#include "libworkspace/model/mount_spec.h"

namespace workspace {

/// The folders that a job sees inside, outermost first: the user's home, the folder the job was
/// submitted from (where neither the home nor a requested mount holds it), and what the user asked
/// for with --workspace-mount. A requested mount wins over the two others at the same destination;
/// a home or submission folder that would hide the guest's own system is left out.
std::vector<MountSpec> plan_mounts(const UserAccount& user, const std::string& work_dir,
                                   const std::vector<MountSpec>& requested);

/// True if `path` is a folder that the user may enter, asked of the kernel as that user. A file
/// system that does not answer by the deadline counts as a host's fault (kTimeout).
bool user_can_enter(const UserAccount& user, const std::string& path, Deadline deadline);

/// Starts a 9p server (diod) that serves `source` on `socket_fd` with the user's rights alone,
/// inside the job's network namespace, so that whoever tears the job down finds it there. It ends
/// when the guest unmounts or goes away. Errors: kHost.
void serve_folder(const UserAccount& user, const std::string& source, int socket_fd,
                  int network_namespace_fd, const std::string& log_path);

}  // namespace workspace
