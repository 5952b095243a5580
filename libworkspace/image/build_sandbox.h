#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/process.h"

namespace workspace {

/// Where a recipe's packages and commands run: as the root of a user namespace whose ids are
/// nobody's on this machine (user_namespaces(7)), with mounts, processes and IPC of its own. What
/// is root in there has on the node the rights of a user who owns nothing. It has the node's
/// network, since it fetches packages.
///
/// For root alone; other users have a sandbox of their own ids in mmdebstrap (subuid(5)).
class BuildSandbox {
 public:
  /// Makes it, and a folder for temporary files under `parent`. Errors: kHost.
  explicit BuildSandbox(const std::string& parent);
  BuildSandbox(const BuildSandbox&) = delete;
  BuildSandbox& operator=(const BuildSandbox&) = delete;
  /// Removes the folder.
  ~BuildSandbox();

  /// A command that runs in there, with TMPDIR set. It lives no longer than the sandbox.
  [[nodiscard]] Command command(std::vector<std::string> argv) const;

 private:
  std::string folder_;
  UniqueFd users_;  ///< the user namespace
};

}  // namespace workspace
