#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/private_network.h"

namespace workspace {

/// This node's part of a job's private network: a bridge in the job's namespace, with the host end
/// of the VM's second NIC and a VXLAN to the job's other nodes.
///
/// The nodes' prologs run independently: a peer that is not there yet loses packets, no more. Order
/// of use: JobNamespace::create(), create(), the domain, connect_guest(); JobNamespace::remove()
/// takes all of it away. Errors of all calls: kHost; kTimeout at the deadline.
class PrivateSegment {
 public:
  PrivateSegment(PrivateNetwork network, HypervisorKind kind)
      : network_(std::move(network)), kind_(kind) {}

  /// Makes the bridge, the guard, the VXLAN and, for QEMU, the second tap: in the root namespace,
  /// where libvirt looks for it, and down.
  void create(Deadline deadline) const;

  /// Puts the NIC's host end on the bridge once the domain exists; on Xen the vif's script has done
  /// so, and this only sees that it did.
  void connect_guest(Deadline deadline) const;

 private:
  PrivateNetwork network_;
  HypervisorKind kind_;
};

/// Removes what PrivateSegment made, of whatever step, given the names of the links in the job's
/// namespace: the VXLAN at once, not when the kernel finds the time to clear the namespace, because
/// the next run of the job makes the same one. The namespace and the bridge in it are left, which
/// say that there may be something to remove.
void remove_private_segment(JobId job, const std::vector<std::string>& links, Deadline deadline);

}  // namespace workspace
