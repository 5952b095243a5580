#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/slurm/job_query.h"

namespace workspace::cli {

/// A job with a workspace, as its user sees it from anywhere in the cluster.
struct WorkspaceJob {
  explicit WorkspaceJob(JobId id) : job(id) {}

  JobId job;
  JobPlace place;
  std::string image;  ///< NAME:VERSION
};

/// Those of the jobs that show an image, where the site lets them (digest_shown_in).
std::vector<WorkspaceJob> workspace_jobs(std::span<const UserJob> jobs);

/// The calling user's. Errors: kHost; kTimeout.
std::vector<WorkspaceJob> own_workspace_jobs(Deadline deadline);

/// The job, which must be the calling user's and run, or without one all that are: those whose VMs
/// can be asked. Errors: kNotFound; kDenied; kHost; kTimeout.
std::vector<WorkspaceJob> running_jobs(std::optional<JobId> job);

/// Why the VM of this job cannot be asked by this user. Errors: kNotFound; kDenied.
void check_askable(JobId job, const std::optional<JobPlace>& place, std::uint32_t uid);

/// A line for each.
std::string user_jobs_table(std::span<const WorkspaceJob> jobs);
std::string user_jobs_json(std::span<const WorkspaceJob> jobs);

}  // namespace workspace::cli
