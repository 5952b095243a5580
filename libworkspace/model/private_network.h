#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// The IPv4 range whose addresses the VMs of a job have on their private network. Every job has the
/// same range: no two of these networks ever meet.
class PrivateSubnet {
 public:
  /// Reads `10.200.0.0/16`. Errors: kInvalid; a prefix is 8 to 30 bits long.
  static PrivateSubnet parse(std::string_view text);

  [[nodiscard]] std::uint32_t prefix_length() const { return prefix_length_; }
  /// How many VMs it has addresses for.
  [[nodiscard]] std::size_t capacity() const;
  /// The address of the job's node at `index`, the first of them being 0: below capacity().
  [[nodiscard]] std::string address(std::size_t index) const;

 private:
  PrivateSubnet(std::uint32_t base, std::uint32_t prefix_length)
      : base_(base), prefix_length_(prefix_length) {}

  std::uint32_t base_;  ///< in the order of the host's bytes
  std::uint32_t prefix_length_;
};

/// Which VXLAN (RFC 7348) carries a job's private network. A VXLAN's number has 24 bits and a job's
/// more, so the bits above choose the UDP port: no two jobs of a cluster share both. Slurm's job
/// ids have at most 26 bits (MaxJobId in slurm.conf(5)), which makes four ports.
struct VxlanId {
  std::uint32_t vni = 0;
  std::uint16_t udp_port = 0;

  static VxlanId of(JobId job, std::uint16_t first_port);

  static constexpr std::uint16_t kHighestFirstPort = 65535 - 255;
};

/// One of a job's nodes as Slurm knows it.
struct ClusterNode {
  std::string name;     ///< NodeName
  std::string address;  ///< NodeAddr: a name or an IPv4 address
};

/// A node of the job and its VM on the private network.
struct PrivateNode {
  std::string name;
  std::string node_address;   ///< IPv4, on the cluster's network
  std::string guest_address;  ///< IPv4, on the private network
  std::string guest_mac;
};

/// The private network of a job with several nodes, as one of the nodes sees it: a bridge in the
/// job's network namespace and a VXLAN to each of the others.
struct PrivateNetwork {
  explicit PrivateNetwork(JobId id) : job(id) {}

  JobId job;
  VxlanId vxlan;
  std::uint32_t prefix_length = 0;
  std::uint32_t mtu_bytes = 0;  ///< of the guest's NIC
  PrivateNode own;
  std::size_t own_index = 0;
  std::vector<PrivateNode> peers;  ///< in Slurm's order

  /// Name and address of all VMs, this node's in its place.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> hosts() const;
  /// False where several slurmd share a machine (a test cluster's): its kernel cannot tell their
  /// VXLANs apart.
  [[nodiscard]] bool nodes_have_own_addresses() const;

  static constexpr std::uint32_t kMaxMtuBytes = 9000;
  /// The outer IPv4, UDP and VXLAN headers and the inner Ethernet header.
  static constexpr std::uint32_t kVxlanOverheadBytes = 20 + 8 + 8 + 14;
};

inline constexpr std::size_t kMaxPrivateNodes = 65536;

/// The address of the VM's second NIC; unique in a job of up to kMaxPrivateNodes nodes.
std::string private_guest_mac(HypervisorKind kind, std::size_t index);

/// Lays out the private network of a job: each node's VM has the address and the MAC of the node's
/// place in the list, so that every node finds the same without asking another. The addresses of
/// the nodes must be IPv4 already; `mtu_bytes` is left to the network room. Errors: kExceeded when
/// the subnet has too few addresses; kHost when `own_name` is not in the list.
PrivateNetwork lay_out_private_network(JobId job, const std::vector<ClusterNode>& nodes,
                                       std::string_view own_name, const PrivateSubnet& subnet,
                                       VxlanId vxlan, HypervisorKind kind);

}  // namespace workspace
