#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// The network namespace of a job on this node, and the host's end of the control link in it.
///
/// Nothing but the link is in it (and, for a job of several nodes, the bridge of its
/// PrivateSegment, which has no address), and nothing is forwarded: the guest reaches no service of
/// the node, and no one but root reaches the guest. Order of use: create(), the domain,
/// connect_guest(); at the end the domain's destruction, then remove(). Errors of all calls: kHost;
/// kTimeout at the deadline.
class JobNamespace {
 public:
  JobNamespace(JobId job, HypervisorKind kind) : job_(job), kind_(kind) {}

  /// Makes the namespace and, for QEMU, the tap: in the root namespace, where libvirt looks for it,
  /// and down, so that nothing passes before it is moved. What an earlier try left is removed
  /// first.
  void create(Deadline deadline) const;

  /// Puts the link in order once the domain exists: for QEMU the tap is moved, addressed and
  /// brought up; for Xen the vif's script has done so, and this only sees that it did.
  void connect_guest(Deadline deadline) const;

  /// The namespace's descriptor, for setns(2) and Command::network_namespace_fd.
  /// Errors: kNotFound when there is none.
  [[nodiscard]] UniqueFd open() const;

  /// What the guest has received and sent over the links of the namespace. Errors: kNotFound when
  /// there is no namespace; kHost.
  struct Traffic {
    std::uint64_t received_bytes = 0;
    std::uint64_t sent_bytes = 0;
  };
  [[nodiscard]] Traffic traffic() const;

  /// Stops the processes that live in the namespace (SIGSTOP), or lets them go on (SIGCONT).
  /// Errors: kNotFound when there is no namespace.
  void stop_processes() const;
  void continue_processes() const;

  /// Returns when the guest has acknowledged all that the sockets in the namespace have sent, or at
  /// the deadline. Errors: as stop_processes.
  void await_acknowledgement(Deadline deadline) const;

  /// Ends the processes that live in the namespace (SIGTERM, then SIGKILL) and the sockets that
  /// were made in it and the PrivateSegment, deletes it, and sees that no link is left. "Already
  /// gone" is success. The domain must be destroyed before: a running one would keep its link
  /// through any open socket.
  void remove(Deadline deadline) const;

  /// The jobs that have a namespace or a tap on this node.
  static std::set<JobId> list();

 private:
  JobId job_;
  HypervisorKind kind_;
};

}  // namespace workspace
