#include "libworkspace/lifecycle/folder_mounts.h"

#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/node.h"

namespace workspace {
namespace {

constexpr auto kUserFolderTimeout = std::chrono::seconds(30);

}  // namespace

void FolderMounts::prepare() {
  const auto server_files = files_of_program(kFolderServer, Node::step_deadline());
  for (const auto& mount : planned_) {
    std::optional<ExportRoot> root;
    if (user_can_reach(user_, mount.spec.source, Deadline::in(kUserFolderTimeout)))
      root = make_export_root(user_, mount.spec, server_files);
    if (root) {
      prepared_.push_back({mount.spec, std::move(*root)});
    } else {
      tell_missing(mount);
    }
  }
}

void FolderMounts::mount(const AgentClient& agent, const ServerPlace& place,
                         std::chrono::milliseconds longest) {
  for (const auto& folder : prepared_) mount_one(folder, agent, place, Deadline::in(longest));
  prepared_.clear();
}

void FolderMounts::mount_one(const Prepared& folder, const AgentClient& agent,
                             const ServerPlace& place, Deadline deadline) const {
  const MountRequest request{folder.spec.destination, ExportRoot::kFolderPath, folder.root.file,
                             folder.spec.read_only};
  const UniqueFd socket = agent.begin_mount(request, deadline);
  serve_folder(user_, folder.root, socket.get(), place);
  agent.await_mounted(request, deadline);
}

/// Whoever asked for the mount in so many words does not get a job without it. What the site offers
/// to everybody need not be there for this user.
void FolderMounts::tell_missing(const PlannedMount& mount) const {
  const std::string what = "'" + mount.spec.source + "' is not a folder of " + record_.hostname +
                           " that user " + user_.name + " may enter, nor a file that they may read";
  if (mount.origin == MountOrigin::kRequest)
    throw Error(ErrorKind::kInvalid, "--workspace-mount: " + what);
  if (mount.origin == MountOrigin::kImage)
    throw Error(ErrorKind::kInvalid, "the mounts of image '" + record_.image + "': " + what);
  log_warning(what + "; it is not mounted");
}

}  // namespace workspace
