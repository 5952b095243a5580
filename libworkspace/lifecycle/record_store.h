#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/model/job_record.h"

namespace workspace {

/// The records of the workspace jobs of this node: one root-only folder for each under a runtime
/// folder such as /run/workspace. The folder is the first thing a prolog makes and the last that an
/// epilog removes, so whatever is left of a job, its folder is.
class RecordStore {
 public:
  explicit RecordStore(std::string runtime_dir) : runtime_dir_(std::move(runtime_dir)) {}

  /// True if the job has a folder: it is a workspace job. One stat.
  [[nodiscard]] bool has(JobId job) const;

  /// Makes the job's folder if it is not there. Errors: kDenied when somebody else's thing is in
  /// its place; kHost.
  void make_folder(JobId job) const;

  /// Holds off every other prolog, epilog and reconcile of this job while it lives. The job's
  /// folder must be there. Errors: kTimeout; kNotFound when the folder goes away meanwhile.
  [[nodiscard]] FileLock lock(JobId job, Deadline deadline) const;

  /// Makes the job's folder and locks it, as the two above do. A reconcile that runs at this moment
  /// takes a folder without a record for one that a crash has left: it is made again when it goes
  /// before it is locked. Errors: kTimeout; kDenied; kHost.
  [[nodiscard]] FileLock make_locked_folder(JobId job, Deadline deadline) const;

  /// The record, with what the VM was resized to; nothing while the folder has none (a prolog was
  /// killed before it wrote one).
  /// Errors: kInvalid when it is damaged, another job's, or not root's own file; kHost.
  [[nodiscard]] std::optional<JobRecord> load(JobId job) const;
  void save(const JobRecord& record) const;

  /// Keeps what the job's VM has now. Needs no lock: nothing but resize writes it. Errors: kHost,
  /// also when the folder has gone meanwhile.
  void save_resized(JobId job, const ResizedVm& resized) const;

  /// Puts the boot log where the job's owner, and nobody else, may read it. Errors: kHost.
  void save_console(const JobRecord& record, std::string_view text) const;

  /// Removes the boot log, the folder and all in it, for the holder of its lock; one that is gone
  /// already is fine. Whoever waits for the lock may have the folder before it is gone: then it
  /// stays, empty, and is theirs. Errors: kHost.
  void remove(JobId job) const;

  /// Every job that has a folder, in no order.
  [[nodiscard]] std::vector<JobId> jobs() const;

  [[nodiscard]] std::string file(JobId job, std::string_view name) const;

  [[nodiscard]] const std::string& runtime_dir() const { return runtime_dir_; }

 private:
  std::string runtime_dir_;
};

}  // namespace workspace
