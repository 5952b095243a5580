#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// Whether a disk has all its space from the begin, or takes it as its job writes.
enum class DiskSpace { kReserved, kAsWritten };

/// The jobs' scratch disks on this node: files with an empty ext4 in them, SCRATCH/42.scratch.
/// Making one writes next to nothing, whatever its size.
class ScratchDisks {
 public:
  /// Below this much free space no disk is made, and so much is left beside one whose space is
  /// reserved: a guest whose disk cannot grow sees input/output errors in the midst of its work.
  static constexpr std::uint64_t kMinFreeMib = 256;

  explicit ScratchDisks(std::string folder, std::uint64_t min_free_mib = kMinFreeMib)
      : folder_(std::move(folder)), min_free_mib_(min_free_mib) {}

  /// Makes the job's disk and returns its path; it has its name only once it is whole.
  /// Where the file system cannot reserve (EOPNOTSUPP), the disk takes space as it is written, and
  /// the log says so. Errors: kHost when the space is full or the job has a disk already; where
  /// space is to be reserved kBusy when only the disks of other jobs leave too little, kExceeded
  /// when there is not so much without them; kTimeout.
  std::string create(JobId job, std::uint64_t size_mib, DiskSpace space, Deadline deadline) const;

  /// Where the job's disk is, or would be.
  [[nodiscard]] std::string path(JobId job) const;

  /// Removes the job's disk and what a killed create() left. "Already gone" is success.
  /// Errors: kHost.
  void remove(JobId job) const;

  /// The jobs that have something here, for reconciliation. Errors: kHost.
  [[nodiscard]] std::vector<JobId> jobs() const;

 private:
  void check_free_space(DiskSpace space) const;
  [[nodiscard]] std::uint64_t free_mib() const;
  [[nodiscard]] std::uint64_t held_mib() const;
  void reserve(int fd, std::uint64_t size_mib) const;
  [[noreturn]] void refuse(std::uint64_t size_mib) const;

  std::string folder_;
  std::uint64_t min_free_mib_;
};

}  // namespace workspace
