#include "libworkspace/lifecycle/node_fix.h"

#include <algorithm>
#include <chrono>

#include "libworkspace/base/error.h"
#include "libworkspace/base/process.h"

namespace workspace {
namespace {

/// Ending the VMs of several jobs takes the longest.
constexpr std::chrono::minutes kFixTime(5);

}  // namespace

std::vector<std::vector<std::string>> fixes_of(const std::vector<Finding>& findings) {
  std::vector<std::vector<std::string>> fixes;
  for (const auto& finding : findings) {
    if (finding.fix.empty()) continue;
    if (std::find(fixes.begin(), fixes.end(), finding.fix) == fixes.end())
      fixes.push_back(finding.fix);
  }
  return fixes;
}

std::vector<FixOutcome> apply_fixes(const std::vector<Finding>& findings, const FixRunner& run) {
  std::vector<FixOutcome> outcomes;
  for (const auto& command : fixes_of(findings)) {
    outcomes.push_back({command, ""});
    try {
      run(command);
    } catch (const Error& e) {
      outcomes.back().error = e.text();
    }
  }
  return outcomes;
}

void run_fix(const std::vector<std::string>& command) {
  Command child;
  child.argv = command;
  check_command(child, Deadline::in(kFixTime));
}

}  // namespace workspace
