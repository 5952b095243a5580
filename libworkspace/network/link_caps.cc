#include "libworkspace/network/link_caps.h"

#include <algorithm>

#include "libworkspace/network/ip_command.h"
#include "libworkspace/network/namespace_links.h"

namespace workspace {
namespace {

/// What may go at once, and what may wait: 10 ms and 100 ms of the rate. At once at least four of
/// the largest packets there are (64 KiB, which the guest's NIC would cut): with room for one
/// alone, what the rate gives while a busy node is late to send the next would be lost. And eight
/// of them may wait: TCP needs room to find the rate.
constexpr std::uint64_t kLeastBurstBytes = 256 << 10;
constexpr std::uint64_t kLeastQueueBytes = 512 << 10;

std::string queue(const char* link, std::uint64_t kib_per_s) {
  const std::uint64_t bytes_per_s = kib_per_s << 10;
  return std::string("qdisc add dev ") + link + " root tbf rate " + std::to_string(bytes_per_s) +
         "bps burst " + std::to_string(std::max(kLeastBurstBytes, bytes_per_s / 100)) + " limit " +
         std::to_string(std::max(kLeastQueueBytes, bytes_per_s / 10));
}

std::string leading(const std::string& from, const char* direction, const char* to) {
  return "filter add dev " + from + " " + direction +
         " protocol all u32 match u32 0 0 action mirred egress redirect dev " + to;
}

}  // namespace

std::vector<std::string> cap_link_commands(const LinkCaps& caps) {
  std::vector<std::string> lines;
  const auto add = [&](const char* link, std::uint64_t kib_per_s) {
    if (kib_per_s == 0) return;
    lines.push_back(std::string("link add ") + link + " type ifb");
    lines.push_back(std::string("link set dev ") + link + " up");
  };
  add(kCapInLink, caps.in_kib_per_s);
  add(kCapOutLink, caps.out_kib_per_s);
  return lines;
}

std::vector<std::string> cap_traffic_commands(const LinkCaps& caps,
                                              const std::vector<std::string>& guest_links) {
  std::vector<std::string> lines;
  if (caps.in_kib_per_s != 0) lines.push_back(queue(kCapInLink, caps.in_kib_per_s));
  if (caps.out_kib_per_s != 0) lines.push_back(queue(kCapOutLink, caps.out_kib_per_s));
  if (lines.empty()) return lines;
  for (const auto& link : guest_links) {
    lines.push_back("qdisc add dev " + link + " clsact");
    // What the guest receives the node sends, and the other way round.
    if (caps.in_kib_per_s != 0) lines.push_back(leading(link, "egress", kCapInLink));
    if (caps.out_kib_per_s != 0) lines.push_back(leading(link, "ingress", kCapOutLink));
  }
  return lines;
}

void cap_links(JobId job, int namespace_fd, const LinkCaps& caps, Deadline deadline) {
  const auto commands = cap_link_commands(caps);
  if (commands.empty()) return;
  const std::string space = namespace_name(job);
  auto links = link_names_in(namespace_fd);
  std::erase_if(links, [](const std::string& link) { return !is_guest_link(link); });
  run_ip(space, commands, deadline);
  run_tc(space, cap_traffic_commands(caps, links), deadline);
}

}  // namespace workspace
