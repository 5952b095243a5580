#include <unistd.h>

#include <string>

#include "cli/deed.h"
#include "cli/output.h"
#include "cli/short_hostname.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/reconcile.h"

namespace workspace::cli {
int run_node_reconcile(const Arguments& arguments) {
  if (::geteuid() != 0) throw Error(ErrorKind::kDenied, "only root may clean up a node");
  set_log_context("reconcile", "");
  Node node = Node::open_for_slurm();
  const auto cleaned = reconcile_node(node, arguments.value("--node").value_or(short_hostname()));
  std::string text;
  for (const JobId job : cleaned) text += "removed what was left of job " + job.to_string() + "\n";
  return tell_deed(arguments, "node reconcile", text, [&](Json& json) {
    json.begin_array("jobs");
    for (const JobId job : cleaned)
      json.begin_object().field("job", std::uint64_t{job.number()}).end_object();
    json.end_array();
  });
}

}  // namespace workspace::cli
