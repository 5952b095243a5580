#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// What a job's VM may receive and send on this node, over all of its links together; 0: no bound.
struct LinkCaps {
  std::uint64_t in_kib_per_s = 0;
  std::uint64_t out_kib_per_s = 0;
};

/// Two links of the job's namespace that all of the VM's traffic goes through, one each way, where
/// it waits for its turn (ifb of the kernel, with tc-tbf(8)). They go with the namespace.
inline constexpr char kCapInLink[] = "cap-in";
inline constexpr char kCapOutLink[] = "cap-out";

/// What makes them, for `ip -batch`, and what leads the VM's links through them, for `tc -batch`.
/// Nothing for no bound.
std::vector<std::string> cap_link_commands(const LinkCaps& caps);
std::vector<std::string> cap_traffic_commands(const LinkCaps& caps,
                                              const std::vector<std::string>& guest_links);

/// Caps the links to the job's VM, all of which must be in its namespace. Errors: kHost, also where
/// the node's kernel has no ifb, tbf, u32 or mirred; kTimeout.
void cap_links(JobId job, int namespace_fd, const LinkCaps& caps, Deadline deadline);

}  // namespace workspace
