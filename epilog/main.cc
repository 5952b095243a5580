#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/job_environment.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/lifecycle/teardown.h"

namespace workspace {
namespace {

/// Slurm's Epilog: removes all that the job's workspace has on this node. What was asked for does
/// not matter here, only what is there: a job without a workspace has no record and leaves at once.
int epilog(int, char**) {
  const JobEnvironment job = JobEnvironment::take();
  if (!Node::default_records().has(job.job)) return 0;
  set_log_context("epilog", job.job.to_string());
  Node node = Node::open();
  tear_down_workspace(node, job.job);
  return 0;
}

}  // namespace
}  // namespace workspace

int main(int argc, char** argv) {
  return workspace::main_guard("workspace epilog", workspace::epilog, argc, argv);
}
