#include "spank_plugin/reconcile.h"

#include <slurm/spank.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "spank_plugin/helper_process.h"

namespace workspace {
namespace {

constexpr std::chrono::seconds kReconcileTimeout(60);

/// Nothing but where Slurm's configuration is, which slurmd itself has set.
std::vector<std::string> node_environment() {
  std::vector<std::string> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"};
  if (const char* conf = std::getenv("SLURM_CONF"))
    environment.push_back(std::string("SLURM_CONF=") + conf);
  return environment;
}

}  // namespace

void reconcile_node() noexcept {
  try {
    const auto result =
        run_helper({std::string(build_paths::kBinDir) + "/workspace", "node", "reconcile"},
                   node_environment(), Deadline::in(kReconcileTimeout));
    if (result.exit_status != 0) {
      slurm_error("workspace: reconciling this node failed with status %d: %s", result.exit_status,
                  last_line(result.error_output).c_str());
    }
  } catch (const std::exception& e) {
    slurm_error("workspace: reconciling this node: %s", e.what());
  }
}

}  // namespace workspace
