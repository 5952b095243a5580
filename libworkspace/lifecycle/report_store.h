#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/model/job_report.h"

namespace workspace {

/// The reports of jobs that ended: a folder of root's with a file JOB.NODE.report for each, which
/// the job's user may read. Several nodes may share it.
class ReportStore {
 public:
  explicit ReportStore(std::string folder) : folder_(std::move(folder)) {}

  /// Writes a report, in place of an earlier run's, and then removes this node's oldest until no
  /// more than `most` are left. Errors: kHost.
  void save(const JobReport& report, std::uint64_t most) const;

  /// Removes what a save() of this report that was killed has left. Errors: kHost.
  void remove_unfinished_of(JobId job, const std::string& node) const;

  /// Removes what saves of any of this node's reports have left whose process is no more. After a
  /// loss of power nothing else knows of which job they were. Errors: kHost.
  void remove_abandoned(const std::string& node) const;

  /// The reports of the job that the caller may read, by node. Errors: kDenied when there are some
  /// and the caller may read none; kInvalid when one is damaged; kHost.
  [[nodiscard]] std::vector<JobReport> load(JobId job) const;

 private:
  void prune(const std::string& node, std::uint64_t most) const;

  std::string folder_;
};

}  // namespace workspace
