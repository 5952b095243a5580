#include "libworkspace/model/private_network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr unsigned kVniBits = 24;
constexpr std::uint32_t kShortestPrefix = 8;
constexpr std::uint32_t kLongestPrefix = 30;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(ErrorKind::kInvalid, "'" + printable(text, 64) + "' " + why);
}

std::uint32_t host_mask(std::uint32_t prefix_length) { return UINT32_MAX >> prefix_length; }

bool is_for_hosts(std::uint32_t address) {
  const std::uint32_t first = address >> 24;
  constexpr std::uint32_t kLoopback = 127;
  constexpr std::uint32_t kFirstMulticast = 224;
  return first != 0 && first != kLoopback && first < kFirstMulticast;
}

}  // namespace

PrivateSubnet PrivateSubnet::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address_text(text.substr(0, slash));
  struct in_addr address {};
  const auto length = slash == std::string_view::npos
                          ? std::nullopt
                          : parse_decimal(text.substr(slash + 1), kLongestPrefix);
  if (!length || *length < kShortestPrefix ||
      ::inet_pton(AF_INET, address_text.c_str(), &address) != 1)
    refuse(text, "is not an IPv4 range such as 10.200.0.0/16, with a prefix of 8 to 30 bits");
  const PrivateSubnet subnet(ntohl(address.s_addr), static_cast<std::uint32_t>(*length));
  if ((subnet.base_ & host_mask(subnet.prefix_length_)) != 0)
    refuse(text, "has bits set behind its prefix");
  if (!is_for_hosts(subnet.base_)) refuse(text, "is not a range for hosts");
  return subnet;
}

std::size_t PrivateSubnet::capacity() const { return host_mask(prefix_length_) - 1; }

std::string PrivateSubnet::address(std::size_t index) const {
  struct in_addr address {};
  address.s_addr = htonl(base_ + 1 + static_cast<std::uint32_t>(index));
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &address, text, sizeof text);
}

VxlanId VxlanId::of(JobId job, std::uint16_t first_port) {
  return {job.number() & ((1U << kVniBits) - 1),
          static_cast<std::uint16_t>(first_port + (job.number() >> kVniBits))};
}

std::string private_guest_mac(HypervisorKind kind, std::size_t index) {
  char mac[18];
  std::snprintf(mac, sizeof mac, "%s:78:%02x:%02x",
                kind == HypervisorKind::kXen ? "00:16:3e" : "52:54:00",
                static_cast<unsigned>(index >> 8 & 0xff), static_cast<unsigned>(index & 0xff));
  return mac;
}

PrivateNetwork lay_out_private_network(JobId job, const std::vector<ClusterNode>& nodes,
                                       std::string_view own_name, const PrivateSubnet& subnet,
                                       VxlanId vxlan, HypervisorKind kind) {
  const std::size_t room = std::min(subnet.capacity(), kMaxPrivateNodes);
  if (nodes.size() > room) {
    throw Error(ErrorKind::kExceeded, "the job has " + std::to_string(nodes.size()) +
                                          " nodes, but this site's private networks "
                                          "(private_network_subnet) have room for " +
                                          std::to_string(room));
  }
  PrivateNetwork network(job);
  network.vxlan = vxlan;
  network.prefix_length = subnet.prefix_length();
  for (std::size_t index = 0; index < nodes.size(); ++index) {
    PrivateNode node{nodes[index].name, nodes[index].address, subnet.address(index),
                     private_guest_mac(kind, index)};
    if (node.name == own_name) {
      network.own = std::move(node);
      network.own_index = index;
    } else {
      network.peers.push_back(std::move(node));
    }
  }
  if (network.own.name.empty())
    throw Error(ErrorKind::kHost, "node " + std::string(own_name) + " is not among the job's");
  return network;
}

std::vector<std::pair<std::string, std::string>> PrivateNetwork::hosts() const {
  std::vector<std::pair<std::string, std::string>> hosts;
  for (const auto& peer : peers) hosts.emplace_back(peer.name, peer.guest_address);
  hosts.emplace(hosts.begin() + static_cast<std::ptrdiff_t>(own_index), own.name,
                own.guest_address);
  return hosts;
}

bool PrivateNetwork::nodes_have_own_addresses() const {
  std::set<std::string> seen{own.node_address};
  return std::all_of(peers.begin(), peers.end(),
                     [&](const auto& peer) { return seen.insert(peer.node_address).second; });
}

}  // namespace workspace
