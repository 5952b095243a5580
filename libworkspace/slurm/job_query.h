#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// The jobs that hold an allocation on the node and have not ended: starting, running or suspended.
/// A job in its epilog is not among them.
/// Errors: kHost when the controller cannot be asked, which is not the same as "no jobs"; kTimeout.
std::set<JobId> jobs_on_node(const std::string& node_name, Deadline deadline);

/// The same question for one job. Errors: as jobs_on_node.
bool job_is_on_node(JobId job, const std::string& node_name, Deadline deadline);

/// A job as the controller knows it.
struct JobPlace {
  std::uint32_t uid = 0;
  std::string state;  ///< as squeue has it, such as `PENDING`
  bool runs = false;  ///< it holds its nodes
  std::string nodes;  ///< a host list; empty before it runs
  std::string first_node;
  std::uint32_t node_count = 0;
  std::uint32_t restart_count = 0;  ///< how often it was requeued

  [[nodiscard]] bool is_on(const std::string& node) const;
};

/// Nothing when the controller does not know the job, or not any more. Errors: kHost; kTimeout.
std::optional<JobPlace> find_job(JobId job, Deadline deadline);

/// A job of a user's, with the two texts of its record that may show its image.
struct UserJob {
  explicit UserJob(JobId id) : job(id) {}

  JobId job;
  JobPlace place;
  std::string admin_comment;
  std::string comment;
};

/// The user's jobs that wait or hold an allocation, by job. Errors: kHost; kTimeout.
std::vector<UserJob> jobs_of_user(std::uint32_t uid, Deadline deadline);

}  // namespace workspace
