#pragma once

#include <string>

namespace workspace::cli {

/// The name that Slurm knows this node by, unless it is told: the host's, without its domain.
/// Errors: kHost.
std::string short_hostname();

}  // namespace workspace::cli
