#pragma once

#include <string>
#include <vector>

#include "libworkspace/lifecycle/node_check.h"

namespace workspace::cli {

/// A line for each finding, and under one that is not fine what to do.
std::string findings_text(const std::vector<Finding>& findings);
std::string findings_json(const std::vector<Finding>& findings);

/// 0 fine, 1 warning, 2 wrong: what monitoring systems take from a check.
int exit_status_of(Verdict verdict);

}  // namespace workspace::cli
