#pragma once

#include <string>
#include <vector>

#include "libworkspace/model/private_network.h"

namespace workspace {

/// The names of the private network's links in the job's namespace.
inline constexpr char kPrivateBridge[] = "private";
inline constexpr char kVxlanLink[] = "vxlan";

/// The source ports of the VXLANs' packets. Only root can send from them: a packet from another
/// port was made by somebody's program.
inline constexpr unsigned kFirstVxlanSourcePort = 512;
inline constexpr unsigned kUnprivilegedPort = 1024;

/// The guard in the node's own namespace, as nft(8) reads it: packets of this VXLAN that do not
/// come from the kernel of one of the job's other nodes are dropped. The kernel's VXLAN by itself
/// would take them from anybody.
std::string guard_ruleset(const PrivateNetwork& network);
/// Removes the guard; without fault where there is none.
std::string guard_removal(JobId job);

/// ip(8), in the job's namespace: the bridge. It has no address, so that nothing of the node can be
/// reached by it.
std::vector<std::string> bridge_commands(const PrivateNetwork& network);

/// ip(8), in the node's own namespace: the VXLAN, which is born in the job's but keeps its UDP
/// socket in this one.
std::vector<std::string> vxlan_commands(const PrivateNetwork& network);

/// bridge(8), in the job's namespace: where the peers' guests are. What goes to all is sent to
/// each.
std::vector<std::string> forwarding_commands(const PrivateNetwork& network);

}  // namespace workspace
