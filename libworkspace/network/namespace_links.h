#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// The links of the calling thread's network namespace, but not its loopback. Errors: kHost.
std::vector<std::string> link_names();

/// The same of the namespace that the descriptor stands for.
std::vector<std::string> link_names_in(int namespace_fd);

/// True for the node's end of a NIC of a job's VM: a tap, or a vif.
bool is_guest_link(std::string_view name);

}  // namespace workspace
