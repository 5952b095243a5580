#include <unistd.h>

#include <array>
#include <string>

#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/reconcile.h"

namespace workspace::cli {
namespace {

/// The name that Slurm knows this node by, unless it is told: the host's, without its domain.
std::string short_hostname() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) throw_errno("reading the host's name");
  const std::string whole = name.data();
  return whole.substr(0, whole.find('.'));
}

}  // namespace

int run_node_reconcile(const Arguments& arguments) {
  if (::geteuid() != 0) throw Error(ErrorKind::kDenied, "only root may clean up a node");
  set_log_context("reconcile", "");
  Node node = Node::open();
  const auto cleaned = reconcile_node(node, arguments.value("--node").value_or(short_hostname()));
  std::string text;
  for (const JobId job : cleaned) text += "removed what was left of job " + job.to_string() + "\n";
  return print(text);
}

}  // namespace workspace::cli
