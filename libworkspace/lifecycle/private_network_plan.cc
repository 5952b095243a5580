#include "libworkspace/lifecycle/private_network_plan.h"

#include <algorithm>

#include "libworkspace/base/log.h"
#include "libworkspace/network/underlay.h"
#include "libworkspace/slurm/job_nodes.h"

namespace workspace {
namespace {

/// The smallest of the ways to the peers, less what VXLAN adds.
std::uint32_t guest_mtu_bytes(const PrivateNetwork& network) {
  std::uint32_t mtu = PrivateNetwork::kMaxMtuBytes;
  for (const auto& peer : network.peers)
    mtu = std::min(mtu, mtu_bytes_to(peer.node_address) - PrivateNetwork::kVxlanOverheadBytes);
  return mtu;
}

}  // namespace

std::optional<PrivateNetwork> plan_private_network(const Allocation& allocation,
                                                   const SiteConfig& site, HypervisorKind kind,
                                                   Deadline deadline) {
  if (!site.private_network || allocation.node_count < 2) return std::nullopt;
  auto nodes = read_job_nodes(allocation.job, deadline);
  for (auto& node : nodes) node.address = ipv4_address_of_node(node.address, deadline);
  auto network = lay_out_private_network(
      allocation.job, nodes, allocation.node_name, site.private_network_subnet,
      VxlanId::of(allocation.job, site.private_network_port), kind);
  if (!network.nodes_have_own_addresses()) {
    log_warning("nodes of this job share an address: it gets no private network");
    return std::nullopt;
  }
  network.mtu_bytes = guest_mtu_bytes(network);
  return network;
}

}  // namespace workspace
