#pragma once

#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/guest/agent_client.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/job_record.h"
#include "libworkspace/model/manifest.h"

namespace workspace {

/// The wait for a VM that was just created: for the guest's agent, and with an init of the image's
/// own for the system that this starts. Both together take the site's boot_timeout at the most.
///
/// A guest that ends, or is not ready in time, is its image's fault: kGuest, with the console's
/// last lines. The console is kept for `workspace console`, however this ends.
class GuestStart {
 public:
  GuestStart(Node& node, JobRecord& record, AgentClient agent, BootMode boot);

  /// Returns when the agent answers. Errors: kGuest; kHost, the VM is not the one that was ordered.
  void await_agent();

  /// Returns when the system of the image's own init is up, and keeps in the record what failed of
  /// it; at once where the agent is PID 1. Errors: kGuest.
  void await_system();

 private:
  Readiness ask(const std::string& late);
  std::string keep_console();
  [[noreturn]] void refuse(const std::string& why);
  [[nodiscard]] std::string timeout_text() const;

  Node& node_;
  JobRecord& record_;
  AgentClient agent_;
  BootMode boot_;
  Deadline deadline_;
};

}  // namespace workspace
