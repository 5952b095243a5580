#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/boot.h"
#include "libworkspace/lifecycle/job_environment.h"
#include "libworkspace/lifecycle/node.h"

namespace workspace {
namespace {

/// What Slurm's Prolog becomes for a job that asks for a workspace: boots it on this node.
int boot(int, char**) {
  const JobEnvironment job = JobEnvironment::take();
  if (!job.request) return 0;
  set_log_context("prolog", job.job.to_string());
  Node node = Node::open_for_slurm();
  boot_workspace(node, job);
  return 0;
}

}  // namespace
}  // namespace workspace

int main(int argc, char** argv) {
  return workspace::main_guard("workspace prolog", workspace::boot, argc, argv);
}
