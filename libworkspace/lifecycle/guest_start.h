#pragma once

#include <optional>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/guest/agent_client.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/job_record.h"
#include "libworkspace/model/manifest.h"

namespace workspace {

/// The wait for a VM that was just created: for the guest's agent, and with an init of the image's
/// own for the system that this starts. Both together end by `deadline`, the site's
/// boot_timeout from the start of the wait for the first boot.
///
/// A guest that ends, or is not ready in time, is its image's fault: kGuest, with the console's
/// last lines. The console is kept for `workspace console`, however this ends.
class GuestStart {
 public:
  /// What becomes of a guest that has stalled: it may yet come round.
  enum class OnStall { kWait, kReturn };

  GuestStart(Node& node, JobRecord& record, AgentClient agent, BootMode boot, Deadline deadline);

  /// Returns true when the agent answers; false, with kReturn alone, when the guest has stalled:
  /// its kernel has run for long, or half of the time is over, and it has not come to the agent,
  /// whose first deed is to read the disks. Errors: kGuest; kHost, the VM is not the one that was
  /// ordered.
  bool await_agent(OnStall on_stall = OnStall::kWait);

  /// Returns when the system of the image's own init is up, and keeps in the record what failed of
  /// it; at once where the agent is PID 1. Errors: kGuest.
  void await_system();

 private:
  std::optional<Readiness> ask(const std::string& late, OnStall on_stall);
  [[nodiscard]] bool has_stalled();
  std::string keep_console();
  [[noreturn]] void refuse(const std::string& why);
  [[nodiscard]] std::string timeout_text() const;

  Node& node_;
  JobRecord& record_;
  AgentClient agent_;
  BootMode boot_;
  Deadline deadline_;
  Deadline half_time_;
};

}  // namespace workspace
