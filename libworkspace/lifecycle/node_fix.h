#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libworkspace/lifecycle/node_check.h"

namespace workspace {

/// One command of a check's findings, and what became of it.
struct FixOutcome {
  std::vector<std::string> command;
  std::string error;  ///< why it failed; empty when it did its work
};

/// Runs a command to its end. Errors: kHost; kTimeout.
using FixRunner = std::function<void(const std::vector<std::string>&)>;

/// The fixes of all findings in their order, each once.
std::vector<std::vector<std::string>> fixes_of(const std::vector<Finding>& findings);

/// Runs them all; one that fails keeps none of the others from running.
std::vector<FixOutcome> apply_fixes(const std::vector<Finding>& findings, const FixRunner& run);

/// Runs it as the caller, with nothing of the caller's environment. Errors: kHost; kTimeout.
void run_fix(const std::vector<std::string>& command);

}  // namespace workspace
