#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/lifecycle/export_root.h"
#include "libworkspace/lifecycle/user_account.h"
#include "libworkspace/model/mount_spec.h"

namespace workspace {

/// Who wants a mount: that decides who is told, and whether the job goes on, where it cannot be.
enum class MountOrigin {
  kRequest,  ///< the user, by --workspace-mount
  kImage,    ///< the image's manifest
  kSite,     ///< the site's configuration
  kAccount,  ///< nobody in so many words: the home and the submission folder
};

struct PlannedMount {
  MountSpec spec;
  MountOrigin origin = MountOrigin::kAccount;
};

/// What is asked for, by whom.
struct WantedMounts {
  std::vector<MountSpec> request;
  std::vector<MountSpec> image;
  std::vector<MountSpec> site;
};

/// What a job sees inside of its node, outermost first: what the user, the image and the site ask
/// for (of two at the same destination the earlier of these wins), the user's home, and the folder
/// the job was submitted from, these two where nothing else holds them. A home or submission
/// folder that would hide the guest's own system is left out.
std::vector<PlannedMount> plan_mounts(const UserAccount& user, const std::string& work_dir,
                                      const WantedMounts& wanted);

/// True if `path` is a folder that the user may enter, or a file that they may read, asked of the
/// kernel as that user. A file system that does not answer by the deadline counts as a host's fault
/// (kTimeout).
bool user_can_reach(const UserAccount& user, const std::string& path, Deadline deadline);

/// The program that serves the user's folders.
inline constexpr char kFolderServer[] = "/usr/sbin/diod";

/// Where a job's 9p servers run.
struct ServerPlace {
  int network_namespace_fd = -1;    ///< the job's
  std::vector<std::uint32_t> cpus;  ///< by Linux's numbers; empty: all
  std::string log_path;
};

/// Starts a 9p server (diod) that serves what is in `root` on `socket_fd` with the user's rights
/// alone, inside the job's network namespace, so that whoever tears the job down finds it there. It
/// ends when the guest unmounts or goes away. Errors: kHost.
void serve_folder(const UserAccount& user, const ExportRoot& root, int socket_fd,
                  const ServerPlace& place);

}  // namespace workspace
