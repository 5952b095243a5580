#pragma once

#include <optional>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/allocation.h"
#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/private_network.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// The private network that a job gets on this node, with all names and addresses found out from
/// Slurm and this node's routes, nothing from the user. None for a job of one node, where the site
/// wants none, and where nodes share an address.
/// Errors: kExceeded when the site's subnet is too small; kHost; kTimeout.
std::optional<PrivateNetwork> plan_private_network(const Allocation& allocation,
                                                   const SiteConfig& site, HypervisorKind kind,
                                                   Deadline deadline);

}  // namespace workspace
