#include "libworkspace/slurm/job_query.h"

#include <algorithm>
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

/// libslurm has names for the states, but keeps them to itself.
std::string state_of(const slurm_job_info_t& job) {
  if ((job.job_state & JOB_COMPLETING) != 0) return "COMPLETING";
  switch (job.job_state & JOB_STATE_BASE) {
    case JOB_PENDING:
      return "PENDING";
    case JOB_RUNNING:
      return "RUNNING";
    case JOB_SUSPENDED:
      return "SUSPENDED";
    case JOB_COMPLETE:
      return "COMPLETED";
    case JOB_CANCELLED:
      return "CANCELLED";
    default:
      return "over";
  }
}

std::string first_host(const char* list) {
  const hostlist_t hosts = list == nullptr ? nullptr : slurm_hostlist_create(list);
  if (hosts == nullptr) return "";
  char* const first = slurm_hostlist_shift(hosts);
  std::string name = text_of(first);
  std::free(first);
  slurm_hostlist_destroy(hosts);
  return name;
}

JobPlace place_of(const slurm_job_info_t& job) {
  return {job.user_id,           state_of(job), holds_allocation(job), text_of(job.nodes),
          first_host(job.nodes), job.num_nodes, job.restart_cnt};
}

std::vector<UserJob> ask_for_user(std::uint32_t uid) {
  prepare_libslurm();
  job_info_msg_t* message = nullptr;
  if (slurm_load_job_user(&message, uid, SHOW_ALL) != SLURM_SUCCESS)
    throw_slurm("asking the controller for your jobs");
  const JobInfo info(message);
  std::vector<UserJob> jobs;
  for (const auto& found : std::span(info->job_array, info->record_count)) {
    const bool waits = (found.job_state & JOB_STATE_BASE) == JOB_PENDING;
    if (!waits && !holds_allocation(found)) continue;
    UserJob& job = jobs.emplace_back(JobId(found.job_id));
    job.place = place_of(found);
    job.admin_comment = text_of(found.admin_comment);
    job.comment = text_of(found.comment);
  }
  std::sort(jobs.begin(), jobs.end(),
            [](const UserJob& a, const UserJob& b) { return a.job < b.job; });
  return jobs;
}

std::optional<JobPlace> ask_for_place(JobId job) {
  prepare_libslurm();
  job_info_msg_t* message = nullptr;
  if (slurm_load_job(&message, job.number(), SHOW_ALL) != SLURM_SUCCESS) {
    if (slurm_get_errno() == ESLURM_INVALID_JOB_ID) return std::nullopt;
    throw_slurm("asking the controller for job " + job.to_string());
  }
  const JobInfo info(message);
  for (const auto& found : std::span(info->job_array, info->record_count)) {
    if (found.job_id != job.number()) continue;
    return place_of(found);
  }
  return std::nullopt;
}

}  // namespace

bool JobPlace::is_on(const std::string& node) const { return host_list_has(nodes.c_str(), node); }

std::optional<JobPlace> find_job(JobId job, Deadline deadline) {
  return bounded_call<std::optional<JobPlace>>("asking Slurm's controller for the job", deadline,
                                               [job] { return ask_for_place(job); });
}

std::vector<UserJob> jobs_of_user(std::uint32_t uid, Deadline deadline) {
  return bounded_call<std::vector<UserJob>>("asking Slurm's controller for your jobs", deadline,
                                            [uid] { return ask_for_user(uid); });
}

std::set<JobId> jobs_on_node(const std::string& node_name, Deadline deadline) {
  return bounded_call<std::set<JobId>>("asking Slurm's controller for the node's jobs", deadline,
                                       [node_name] { return ask_for_all(node_name); });
}

bool job_is_on_node(JobId job, const std::string& node_name, Deadline deadline) {
  return bounded_call<bool>("asking Slurm's controller for the job", deadline,
                            [job, node_name] { return ask_for_one(job, node_name); });
}

}  // namespace workspace
