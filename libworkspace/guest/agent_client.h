#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/messages.h"

namespace workspace {

/// Where a guest's agent listens: an address that means something only in the job's own network
/// namespace, which root alone can enter.
struct AgentEndpoint {
  std::string network_namespace;  ///< the path of its file; empty: the caller's own
  std::string address;
  std::uint16_t port = 0;
};

/// The job for which the node speaks to the agent, and the secret that the agent knows it by.
struct AgentIdentity {
  std::string token;
  std::uint32_t job = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

/// The node's side of the protocol, for root's programs: prolog, epilog, the plugin. Each call
/// opens a connection of its own. Errors of all: kGuest when the agent refuses, breaks off or does
/// not answer by the deadline; kInvalid when what it sends is malformed; kHost.
class AgentClient {
 public:
  AgentClient(AgentEndpoint endpoint, AgentIdentity identity)
      : endpoint_(std::move(endpoint)), identity_(std::move(identity)) {}

  /// Waits until the agent answers a probe: the guest is then completely set up.
  [[nodiscard]] Readiness probe(Deadline deadline) const;

  /// Makes the agent prepare the mount. The socket returned speaks 9p from its next byte on; the
  /// mount goes on when a server has been given it, and await_mounted() tells how it went.
  [[nodiscard]] UniqueFd begin_mount(const MountRequest& request, Deadline deadline) const;

  /// Waits for the end of a begun mount. Errors: kGuest with the guest's reason.
  void await_mounted(const MountRequest& request, Deadline deadline) const;

  /// Ends the tasks, syncs the mounted folders and powers the guest off. Returns when it has begun.
  void stop(Deadline deadline) const;

  /// Ends the tasks and has all that they wrote on the scratch disk when it returns. The guest
  /// lives on.
  void settle(Deadline deadline) const;

  /// Has the guest use so many vCPUs, makes it ready to give memory back, and bounds its tasks by
  /// what it has then. Returns when that is so. Errors: kGuest, when it has not so much memory to
  /// spare, or cannot change its vCPUs.
  void resize(const MachineSize& size, Deadline deadline) const;

  /// A connection for a task, with the greeting sent. The task's program goes on with it.
  [[nodiscard]] UniqueFd open_task(std::uint32_t step, std::uint32_t task, Deadline deadline) const;

 private:
  [[nodiscard]] Hello hello(Purpose purpose) const;
  /// Connects and greets.
  [[nodiscard]] UniqueFd open(const Hello& hello, Deadline deadline) const;

  AgentEndpoint endpoint_;
  AgentIdentity identity_;
};

}  // namespace workspace
