#pragma once

#include <string>
#include <vector>

#include "libworkspace/model/allocation.h"
#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/pci_address.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// A device of the machine that a job's VM is to have, or one function of it.
struct PlannedDevice {
  std::string gres;  ///< what it is for Slurm, such as `gpu 1`
  PciAddress address;

  bool operator==(const PlannedDevice&) const = default;
};

/// The machine's devices behind the generic resources that the job has on this node, by the site's
/// table. What the table does not name is the node's own affair, and nothing in the VM.
/// Errors: kHost when a device of a name that it has is missing there.
std::vector<PlannedDevice> plan_devices(const Allocation& allocation, const SiteConfig& site);

/// All that the site's table names.
std::vector<PlannedDevice> all_devices(const SiteConfig& site);

/// Refuses a device that this machine does not have or cannot pass through: libvirt would say so
/// too, but not what to do about it. `sysfs` is where the kernel tells of its devices (sysfs(5)).
/// Errors: kHost, with the remedy.
void check_device(const PlannedDevice& device, HypervisorKind kind,
                  const std::string& sysfs = "/sys");

/// The places of the devices of plan_devices(), each checked. Errors: as both.
std::vector<PciAddress> find_devices(const Allocation& allocation, const SiteConfig& site,
                                     HypervisorKind kind);

}  // namespace workspace
