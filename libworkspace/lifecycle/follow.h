#pragma once

#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// Where a job's VM stands after follow_job.
enum class Followed {
  kRuns,
  kSuspended,
  kOver,  ///< there is no VM to follow anything: the workspace failed, ends or is gone
};

/// Brings the job's VM in line with the job: paused while the controller has the job as suspended,
/// running otherwise; ended, when what serves its disks has died. The servers of the user's folders
/// stand still together with the VM. Waits for a prolog or epilog that is at work on the job.
/// Errors: kHost; kTimeout: the controller or the hypervisor cannot be asked, and all is as it was,
/// or half done: the next call goes on.
Followed follow_job(Node& node, JobId job);

/// Starts the watch of the record's job, on the job's CPUs, unless it is there, and returns when it
/// answers. The job's folder and its domain must be there. Errors: kHost; kTimeout.
void start_watch(Node& node, const JobRecord& record);

}  // namespace workspace
