#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "libworkspace/guest/agent_client.h"
#include "libworkspace/lifecycle/export_root.h"
#include "libworkspace/lifecycle/user_folders.h"
#include "libworkspace/model/job_record.h"

namespace workspace {

/// The node's folders that a job's VM mounts at its start.
class FolderMounts {
 public:
  /// `user` and `record` outlive this. The record has the node's and the image's names.
  FolderMounts(const UserAccount& user, const JobRecord& record, std::vector<PlannedMount> planned)
      : user_(user), record_(record), planned_(std::move(planned)) {}

  [[nodiscard]] bool any() const { return !planned_.empty(); }

  /// Looks for each with the user's rights, and holds on to it. Errors: kInvalid, telling the user,
  /// for one that the user or the image asks for in so many words; kHost; kTimeout.
  void prepare();

  /// Mounts what was prepared, outermost first, each within `longest`. Errors: kGuest; kHost;
  /// kTimeout.
  void mount(const AgentClient& agent, const ServerPlace& place, std::chrono::milliseconds longest);

 private:
  struct Prepared {
    MountSpec spec;
    ExportRoot root;
  };

  void mount_one(const Prepared& folder, const AgentClient& agent, const ServerPlace& place,
                 Deadline deadline) const;
  void tell_missing(const PlannedMount& mount) const;

  const UserAccount& user_;
  const JobRecord& record_;
  std::vector<PlannedMount> planned_;
  std::vector<Prepared> prepared_;
};

}  // namespace workspace
