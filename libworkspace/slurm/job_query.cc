#include "libworkspace/slurm/job_query.h"

#include <span>

#include "libworkspace/base/bounded_call.h"
#include "libworkspace/slurm/libslurm.h"

namespace workspace {
namespace {

std::set<JobId> jobs_in(const JobInfo& message, const std::string& node_name) {
  std::set<JobId> jobs;
  for (const auto& job : std::span(message->job_array, message->record_count))
    if (holds_allocation(job) && host_list_has(job.nodes, node_name))
      jobs.insert(JobId(job.job_id));
  return jobs;
}

std::set<JobId> ask_for_all(const std::string& node_name) {
  prepare_libslurm();
  job_info_msg_t* message = nullptr;
  if (slurm_load_jobs(0, &message, SHOW_ALL) != SLURM_SUCCESS)
    throw_slurm("asking the controller for the node's jobs");
  return jobs_in(JobInfo(message), node_name);
}

bool ask_for_one(JobId job, const std::string& node_name) {
  prepare_libslurm();
  job_info_msg_t* message = nullptr;
  if (slurm_load_job(&message, job.number(), SHOW_ALL) != SLURM_SUCCESS) {
    if (slurm_get_errno() == ESLURM_INVALID_JOB_ID) return false;
    throw_slurm("asking the controller for job " + job.to_string());
  }
  return jobs_in(JobInfo(message), node_name).contains(job);
}

}  // namespace

std::set<JobId> jobs_on_node(const std::string& node_name, Deadline deadline) {
  return bounded_call<std::set<JobId>>("asking Slurm's controller for the node's jobs", deadline,
                                       [node_name] { return ask_for_all(node_name); });
}

bool job_is_on_node(JobId job, const std::string& node_name, Deadline deadline) {
  return bounded_call<bool>("asking Slurm's controller for the job", deadline,
                            [job, node_name] { return ask_for_one(job, node_name); });
}

}  // namespace workspace
