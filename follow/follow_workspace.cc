#include "follow/look_status.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/follow.h"
#include "libworkspace/lifecycle/node.h"

namespace workspace::follow {
namespace {

int status_of(Followed followed) {
  switch (followed) {
    case Followed::kRuns:
      return kStatusRuns;
    case Followed::kSuspended:
      return kStatusSuspended;
    case Followed::kOver:
      return kStatusOver;
  }
  return EXIT_FAILURE;
}

/// `follow-workspace JOB`: pauses or continues the job's VM as Slurm has it with the job.
int look(int argc, char** argv) {
  if (argc != 2) throw Error(ErrorKind::kUsage, "usage: follow-workspace JOB");
  const JobId job = JobId::parse(argv[1]);
  set_log_context("watch", job.to_string());
  Node node = Node::open();
  return status_of(follow_job(node, job));
}

}  // namespace
}  // namespace workspace::follow

int main(int argc, char** argv) {
  return workspace::main_guard("workspace watch", workspace::follow::look, argc, argv);
}
