#include "cli/node_check.h"

#include <unistd.h>

#include "cli/json.h"
#include "cli/output.h"
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

std::string findings_json(const std::vector<Finding>& findings) {
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
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text();
}

int exit_status_of(Verdict verdict) { return static_cast<int>(verdict); }

int run_node_check(const Arguments& arguments) {
  if (::geteuid() != 0) throw Error(ErrorKind::kDenied, "only root may check a node");
  const auto findings = check_node();
  print(arguments.has("--json") ? findings_json(findings) : findings_text(findings));
  return exit_status_of(worst_of(findings));
}

}  // namespace workspace::cli
