#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/job_environment.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/lifecycle/teardown.h"

namespace workspace {
namespace {

/// What Slurm's Epilog becomes for a job that has a workspace on this node: removes all of it.
int end(int, char**) {
  const JobEnvironment job = JobEnvironment::take();
  set_log_context("epilog", job.job.to_string());
  Node node = Node::open_for_slurm();
  tear_down_workspace(node, job.job);
  return 0;
}

}  // namespace
}  // namespace workspace

int main(int argc, char** argv) {
  return workspace::main_guard("workspace epilog", workspace::end, argc, argv);
}
