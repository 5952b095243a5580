#include "cli/node_check.h"

#include <unistd.h>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/short_hostname.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {

std::string findings_text(const std::vector<Finding>& findings) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& finding : findings) {
    rows.push_back({std::string(name_of(finding.verdict)), finding.part, printable(finding.text)});
    if (!finding.remedy.empty()) rows.push_back({"", "", "  -> " + printable(finding.remedy)});
  }
  return format_table(rows);
}

std::string findings_json(const std::vector<Finding>& findings,
                          const std::vector<FixOutcome>& outcomes) {
  Json json;
  json.begin_object();
  json.field("verdict", name_of(worst_of(findings)));
  json.begin_array("findings");
  for (const auto& finding : findings) {
    json.begin_object();
    json.field("part", finding.part);
    json.field("verdict", name_of(finding.verdict));
    json.field("text", finding.text);
    json.field("remedy", finding.remedy);
    json.field("fix", join(finding.fix, " "));
    json.end_object();
  }
  json.end_array();
  json.begin_array("fixes_run");
  for (const auto& outcome : outcomes) {
    json.begin_object();
    json.field("command", join(outcome.command, " "));
    json.field("error", outcome.error);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text();
}

std::string outcomes_text(const std::vector<FixOutcome>& outcomes) {
  std::string text;
  for (const auto& outcome : outcomes) {
    text += (outcome.error.empty() ? "ran: " : "failed: ") + printable(join(outcome.command, " "));
    if (!outcome.error.empty()) text += ": " + printable(outcome.error);
    text += "\n";
  }
  return text;
}

std::string plan_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& command : fixes_of(findings))
    text += "would run: " + printable(join(command, " ")) + "\n";
  return text;
}

int exit_status_of(Verdict verdict) { return static_cast<int>(verdict); }

int run_node_check(const Arguments& arguments) {
  if (::geteuid() != 0) throw Error(ErrorKind::kDenied, "only root may check a node");
  const std::string node_name = arguments.value("--node").value_or(short_hostname());
  auto findings = check_node(node_name);
  std::vector<FixOutcome> outcomes;
  if (arguments.has("--fix") && !arguments.has("--dry-run")) {
    outcomes = apply_fixes(findings, &run_fix);
    // What is told is how the node stands now.
    if (!outcomes.empty()) findings = check_node(node_name);
  }
  if (arguments.has("--json")) {
    print(findings_json(findings, outcomes));
  } else {
    print(outcomes_text(outcomes) + findings_text(findings) +
          (arguments.has("--dry-run") ? plan_text(findings) : ""));
  }
  return exit_status_of(worst_of(findings));
}

}  // namespace workspace::cli
