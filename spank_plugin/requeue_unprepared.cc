/// requeue-unprepared JOB: for a job that asked for a workspace and has none on this node. Started
/// by the plugin, as root, in place of the task.
///
/// Slurm runs no prolog for a job that starts on a node within moments of its requeue: slurmd
/// forgets the run before only if it has not looked for such in the last two seconds
/// (_clear_expired_job_states in its slurm_cred.c). Slurm itself puts a requeued job off for two
/// minutes, `scontrol update StartTime=now` does not. Such a job is put back into the queue.

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "libworkspace/base/error.h"
#include "libworkspace/slurm/job_end.h"
#include "libworkspace/slurm/job_query.h"
#include "spank_plugin/step_command.h"

namespace workspace {
namespace {

constexpr std::chrono::seconds kAnswerTime(20);

void tell(const std::string& text) { std::fprintf(stderr, "workspace: %s\n", text.c_str()); }

void requeue_unprepared(JobId job) {
  const Deadline deadline = Deadline::in(kAnswerTime);
  const auto place = find_job(job, deadline);
  if (!place || place->restart_count == 0) throw Error(ErrorKind::kUsage, no_workspace_text(job));
  // Before it is queued again, for that ends the task.
  tell("job " + job.to_string() +
       " has no workspace on this node: Slurm started it so soon after its requeue that it ran no "
       "prolog; queuing it again");
  requeue_job(job, deadline);
}

}  // namespace
}  // namespace workspace

int main(int argc, char** argv) {
  using namespace workspace;
  try {
    if (argc != 2) throw Error(ErrorKind::kUsage, "usage: requeue-unprepared JOB");
    requeue_unprepared(JobId::parse(argv[1]));
  } catch (const Error& e) {
    tell(e.text());
  }
  return EXIT_FAILURE;
}
