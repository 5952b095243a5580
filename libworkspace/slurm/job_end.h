#pragma once

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// Ends a job, all its steps and its allocation, as one that ran out of memory: its state is then
/// OUT_OF_MEMORY and its exit code 0:125 (squeue(1), JOB STATE CODES). Slurm permits it to the
/// job's owner and to its operators. Errors: kHost when the controller refuses or cannot be asked;
/// kTimeout.
void end_out_of_memory(JobId job, Deadline deadline);

/// Ends a job's run and puts it back into the queue (scontrol(1), requeue). For root. Errors: kHost
/// when the controller refuses, as it does for what is no batch job or was submitted with
/// --no-requeue, or cannot be asked; kTimeout.
void requeue_job(JobId job, Deadline deadline);

}  // namespace workspace
