#include "libworkspace/lifecycle/reconcile.h"

#include <functional>
#include <optional>
#include <set>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/follow.h"
#include "libworkspace/lifecycle/report_store.h"
#include "libworkspace/lifecycle/teardown.h"
#include "libworkspace/model/build_number.h"
#include "libworkspace/network/job_namespace.h"
#include "libworkspace/slurm/job_query.h"
#include "libworkspace/store/cache_files.h"

namespace workspace {
namespace {

/// Every job of which anything is on this node.
std::set<JobId> jobs_with_traces(Node& node) {
  std::set<JobId> jobs = JobNamespace::list();
  for (const auto& domain : node.hypervisor->list(Node::step_deadline())) jobs.insert(domain.job);
  for (const JobId job : node.records.jobs()) jobs.insert(job);
  for (const JobId job : node.scratch.jobs()) jobs.insert(job);
  return jobs;
}

/// A cache that cannot be swept holds up no job's cleaning.
void sweep(const std::string& cache_path) {
  try {
    const std::size_t removed = sweep_cache(cache_path);
    if (removed > 0)
      log_info("removed " + std::to_string(removed) + " unfinished files from the cache");
  } catch (Error& e) {
    log_error(e.in("sweeping the cache").text());
  }
}

/// Nor does a folder of reports.
void sweep_reports(const std::string& folder, const std::string& node_name) {
  try {
    ReportStore(folder).remove_abandoned(node_name);
  } catch (Error& e) {
    log_error(e.in("sweeping the reports").text());
  }
}

/// A build's number is none that Slurm has; while the build goes on it holds its lock.
bool is_build_at_work(const Node& node, JobId job) {
  if (!is_build(job) || !node.records.has(job)) return false;
  try {
    (void)node.records.lock(job, Deadline::in(std::chrono::milliseconds(0)));
    return false;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kTimeout) return true;
    if (e.kind() != ErrorKind::kNotFound) throw;
    return false;
  }
}

/// What is on this node, parted by whether it belongs to a job that Slurm has here.
struct NodeJobs {
  std::vector<JobId> running;
  std::vector<JobId> lost;  ///< of jobs that Slurm has here, and that have no use for it any more
  std::vector<JobId> left;
};

NodeJobs find_jobs(Node& node, const std::string& node_name) {
  // The traces are read before Slurm is asked: a job that starts in between is then not among them.
  std::set<JobId> traces = jobs_with_traces(node);
  std::erase_if(traces, [&](JobId job) { return is_build_at_work(node, job); });
  NodeJobs jobs;
  if (traces.empty()) return jobs;
  const std::set<JobId> alive = jobs_on_node(node_name, Node::step_deadline());
  for (const JobId job : traces) {
    // A crash of the node takes the record, which is in memory, but not the disk, and Slurm may not
    // have given the job up yet.
    if (!alive.contains(job))
      jobs.left.push_back(job);
    else
      (is_in_use(node.records, job) ? jobs.running : jobs.lost).push_back(job);
  }
  return jobs;
}

/// The watch of a job that goes on may have been killed together with slurmd. Without one the job
/// runs as well, but its VM is not paused.
void keep_watch(Node& node, JobId job) {
  try {
    const auto record = node.records.load(job);
    if (record && has_vm(record->state)) start_watch(node, *record);
  } catch (Error& e) {
    log_error(e.in("job " + job.to_string()).text());
  }
}

/// One job after the other, whatever becomes of each.
class Cleaning {
 public:
  /// `remove` returns whether there was something to remove.
  void clean(JobId job, const std::function<bool()>& remove) {
    try {
      if (!remove()) return;
      log_info("removed what was left of job " + job.to_string());
      cleaned_.push_back(job);
    } catch (Error& e) {
      log_error(e.in("cleaning up job " + job.to_string()).text());
      if (!first_failure_) first_failure_ = e;
    }
  }

  std::vector<JobId> end() {
    if (first_failure_) throw Error(*first_failure_);
    return std::move(cleaned_);
  }

 private:
  std::vector<JobId> cleaned_;
  std::optional<Error> first_failure_;
};

}  // namespace

std::vector<JobId> find_left_jobs(Node& node, const std::string& node_name) {
  NodeJobs jobs = find_jobs(node, node_name);
  jobs.left.insert(jobs.left.end(), jobs.lost.begin(), jobs.lost.end());
  return jobs.left;
}

std::vector<JobId> reconcile_node(Node& node, const std::string& node_name) {
  sweep(node.site.cache);
  sweep_reports(node.site.reports, node_name);
  const NodeJobs jobs = find_jobs(node, node_name);
  for (const JobId job : jobs.running) keep_watch(node, job);
  Cleaning cleaning;
  for (const JobId job : jobs.left) {
    cleaning.clean(job, [&] {
      tear_down_workspace(node, job);
      return true;
    });
  }
  for (const JobId job : jobs.lost)
    cleaning.clean(job, [&] { return tear_down_unless_in_use(node, job); });
  return cleaning.end();
}

}  // namespace workspace
