#pragma once

#include <string>
#include <vector>

namespace workspace {

/// The links of the calling thread's network namespace, but not its loopback. Errors: kHost.
std::vector<std::string> link_names();

/// The same of the namespace that the descriptor stands for.
std::vector<std::string> link_names_in(int namespace_fd);

}  // namespace workspace
