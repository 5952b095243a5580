#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"

namespace workspace {

/// Runs the lines as one `ip -batch`, in the named namespace or (empty) the caller's own: a fork
/// costs 50 ms in an emulated dom0. The lines before one that fails have had their effect.
/// Errors: kHost with the line that failed and ip's own words; kTimeout.
void run_ip(const std::string& namespace_name, const std::vector<std::string>& lines,
            Deadline deadline);

/// The same with bridge(8), for forwarding tables.
void run_bridge(const std::string& namespace_name, const std::vector<std::string>& lines,
                Deadline deadline);

/// The same with tc(8), for queues and filters.
void run_tc(const std::string& namespace_name, const std::vector<std::string>& lines,
            Deadline deadline);

}  // namespace workspace
