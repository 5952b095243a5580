#include "libworkspace/slurm/job_end.h"

#include "libworkspace/base/bounded_call.h"
#include "libworkspace/slurm/libslurm.h"

namespace workspace {
namespace {

/// SIG_OOM in Slurm's own headers: what its task/cgroup plugin has a step end by, and what the
/// controller takes for the reason of an end.
constexpr std::uint32_t kSigOom = 253;

}  // namespace

void end_out_of_memory(JobId job, Deadline deadline) {
  bounded_call<void>("asking Slurm's controller to end the job", deadline, [job] {
    prepare_libslurm();
    if (slurm_complete_job(job.number(), kSigOom) != SLURM_SUCCESS)
      throw_slurm("ending job " + job.to_string());
  });
}

void requeue_job(JobId job, Deadline deadline) {
  bounded_call<void>("asking Slurm's controller to queue the job again", deadline, [job] {
    prepare_libslurm();
    if (slurm_requeue(job.number(), 0) != SLURM_SUCCESS)
      throw_slurm("queuing job " + job.to_string() + " again");
  });
}

}  // namespace workspace
