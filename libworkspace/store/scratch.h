#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// The jobs' scratch disks on this node: sparse files with an empty ext4 in them,
/// SCRATCH/42.scratch. A disk takes space only as its job writes, so making one costs the same for
/// any size.
class ScratchDisks {
 public:
  /// Below this much free space no disk is made: a guest whose disk cannot grow sees input/output
  /// errors in the midst of its work.
  static constexpr std::uint64_t kMinFreeMib = 256;

  explicit ScratchDisks(std::string folder, std::uint64_t min_free_mib = kMinFreeMib)
      : folder_(std::move(folder)), min_free_mib_(min_free_mib) {}

  /// Makes the job's disk and returns its path; it has its name only once it is whole.
  /// Errors: kHost when the space is full or the job has a disk already; kTimeout.
  std::string create(JobId job, std::uint64_t size_mib, Deadline deadline) const;

  /// Removes the job's disk and what a killed create() left. "Already gone" is success.
  /// Errors: kHost.
  /// Where the job's disk is, or would be.
  [[nodiscard]] std::string path(JobId job) const;

  void remove(JobId job) const;

  /// The jobs that have something here, for reconciliation. Errors: kHost.
  [[nodiscard]] std::vector<JobId> jobs() const;

 private:
  void check_free_space() const;

  std::string folder_;
  std::uint64_t min_free_mib_;
};

}  // namespace workspace
