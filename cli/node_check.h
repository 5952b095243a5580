#pragma once

#include <string>
#include <vector>

#include "libworkspace/lifecycle/node_check.h"
#include "libworkspace/lifecycle/node_fix.h"

namespace workspace::cli {

/// A line for each finding, and under one that is not fine what to do.
std::string findings_text(const std::vector<Finding>& findings);

/// `outcomes` tells what was done before; it is empty for a check alone.
std::string findings_json(const std::vector<Finding>& findings,
                          const std::vector<FixOutcome>& outcomes);

/// A line for each command that was run.
std::string outcomes_text(const std::vector<FixOutcome>& outcomes);

/// A line for each command that `--fix` would run.
std::string plan_text(const std::vector<Finding>& findings);

/// 0 fine, 1 warning, 2 wrong: what monitoring systems take from a check.
int exit_status_of(Verdict verdict);

}  // namespace workspace::cli
