#include "libworkspace/network/private_segment_commands.h"

#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// nft(8) names no header of VXLAN: the VNI's 24 bits stand 96 bits behind the UDP header's start
/// (RFC 7348, section 5).
std::string match(const VxlanId& vxlan) {
  return "udp dport " + std::to_string(vxlan.udp_port) + " @th,96,24 " + std::to_string(vxlan.vni);
}

}  // namespace

std::string guard_ruleset(const PrivateNetwork& network) {
  std::vector<std::string> addresses;
  for (const auto& peer : network.peers) addresses.push_back(peer.node_address);
  const std::string packets = "    " + match(network.vxlan);
  return guard_removal(network.job) + "table ip " + guard_table_name(network.job) +
         " {\n"
         "  set peers {\n"
         "    type ipv4_addr\n"
         "    elements = { " +
         join(addresses, ", ") +
         " }\n"
         "  }\n"
         "  chain input {\n"
         "    type filter hook input priority raw; policy accept;\n" +
         packets + " udp sport >= " + std::to_string(kUnprivilegedPort) + " drop\n" + packets +
         " ip saddr != @peers drop\n"
         "  }\n"
         "}\n";
}

std::string guard_removal(JobId job) {
  // nft 1.0 has no word for "if it is there"; adding a table that exists changes nothing.
  const std::string table = "table ip " + guard_table_name(job) + "\n";
  return "add " + table + "delete " + table;
}

std::vector<std::string> bridge_commands(const PrivateNetwork& network) {
  const std::string bridge = kPrivateBridge;
  return {"link add " + bridge + " type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
          "link set dev " + bridge + " mtu " + std::to_string(network.mtu_bytes) + " up"};
}

std::vector<std::string> vxlan_commands(const PrivateNetwork& network) {
  return {"link add " + std::string(kVxlanLink) + " mtu " + std::to_string(network.mtu_bytes) +
          " netns " + namespace_name(network.job) + " type vxlan id " +
          std::to_string(network.vxlan.vni) + " dstport " + std::to_string(network.vxlan.udp_port) +
          " local " + network.own.node_address + " srcport " +
          std::to_string(kFirstVxlanSourcePort) + " " + std::to_string(kUnprivilegedPort - 1) +
          " nolearning"};
}

std::vector<std::string> forwarding_commands(const PrivateNetwork& network) {
  std::vector<std::string> lines;
  const std::string device = std::string(" dev ") + kVxlanLink + " dst ";
  for (const auto& peer : network.peers) {
    lines.push_back("fdb append 00:00:00:00:00:00" + device + peer.node_address);
    lines.push_back("fdb add " + peer.guest_mac + device + peer.node_address);
  }
  return lines;
}

}  // namespace workspace
