#include "libworkspace/network/private_segment.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/process.h"
#include "libworkspace/network/batch_file.h"
#include "libworkspace/network/ip_command.h"
#include "libworkspace/network/job_namespace.h"
#include "libworkspace/network/namespace_links.h"
#include "libworkspace/network/private_segment_commands.h"

namespace workspace {
namespace {

void run_nft(const std::string& ruleset, Deadline deadline) {
  const BatchFile file(ruleset);
  Command command;
  command.argv = {"nft", "-f", file.path()};
  command.kept_fds = {file.fd()};
  check_command(command, deadline);
}

bool holds(const std::vector<std::string>& links, std::string_view name) {
  return std::find(links.begin(), links.end(), name) != links.end();
}

/// Xen numbers a domain's NICs; its second is the private network's.
bool is_second_vif(std::string_view link) {
  return link.starts_with("vif") && link.ends_with(".1");
}

}  // namespace

void PrivateSegment::create(Deadline deadline) const {
  const std::string space = namespace_name(network_.job);
  run_ip(space, bridge_commands(network_), deadline);
  run_nft(guard_ruleset(network_), deadline);
  std::vector<std::string> lines = vxlan_commands(network_);
  if (kind_ == HypervisorKind::kQemu)
    lines.push_back("tuntap add dev " + private_tap_name(network_.job) + " mode tap");
  run_ip("", lines, deadline);
  run_bridge(space, forwarding_commands(network_), deadline);
  run_ip(space,
         {std::string("link set dev ") + kVxlanLink + " master " + kPrivateBridge,
          std::string("link set dev ") + kVxlanLink + " up"},
         deadline);
}

void PrivateSegment::connect_guest(Deadline deadline) const {
  const std::string space = namespace_name(network_.job);
  std::string link = private_tap_name(network_.job);
  if (kind_ == HypervisorKind::kQemu) {
    run_ip("", {"link set dev " + link + " netns " + space}, deadline);
  } else {
    const auto links = link_names_in(JobNamespace(network_.job, kind_).open().get());
    const auto vif = std::find_if(links.begin(), links.end(), is_second_vif);
    if (vif == links.end())
      throw Error(ErrorKind::kHost, "the domain's second NIC is not in the job's namespace");
    link = *vif;
  }
  run_ip(space,
         {"link set dev " + link + " mtu " + std::to_string(network_.mtu_bytes),
          "link set dev " + link + " master " + kPrivateBridge + " up"},
         deadline);
}

void remove_private_segment(JobId job, const std::vector<std::string>& links, Deadline deadline) {
  if (holds(links, kVxlanLink))
    run_ip(namespace_name(job), {std::string("link delete dev ") + kVxlanLink}, deadline);
  if (holds(links, kPrivateBridge)) run_nft(guard_removal(job), deadline);
}

}  // namespace workspace
