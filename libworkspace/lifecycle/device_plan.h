#pragma once

#include <vector>

#include "libworkspace/model/allocation.h"
#include "libworkspace/model/pci_address.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// The machine's devices behind the generic resources that the job has on this node, by the site's
/// table. What the table does not name is the node's own affair, and nothing in the VM.
/// Errors: kHost when a device of a name that it has is missing there.
std::vector<PciAddress> plan_devices(const Allocation& allocation, const SiteConfig& site);

}  // namespace workspace
