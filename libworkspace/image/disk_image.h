#pragma once

#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/image/file_range.h"
#include "libworkspace/image/sandbox.h"

namespace workspace {

/// The raw content of a qcow2 file, as a sparse work file in `work_folder`. The header is checked
/// (qcow2_header.h) on a private copy, which qemu-img then reads in the sandbox. Errors: as
/// checked_qcow2_size; kInvalid for what qemu-img cannot read; kTimeout; kHost.
UniqueFd raw_from_qcow2(const UniqueFd& file, std::uint64_t file_bytes, const std::string& name,
                        const SandboxLimits& limits, const std::string& work_folder,
                        Deadline deadline);

/// Where a disk has its root file system.
struct RootPartition {
  FileRange range;
  bool squashfs = false;  ///< else ext
};

/// The partition `wanted`, or without one (0) the one that can be meant: the one of the type "Linux
/// root" for x86-64, or the only one with a file system that can be imported. A disk without a
/// table may be a file system itself. Errors: kInvalid, naming what there is.
RootPartition find_root_partition(const UniqueFd& disk, std::uint64_t disk_bytes, unsigned wanted,
                                  const std::string& name, const SandboxLimits& limits,
                                  Deadline deadline);

}  // namespace workspace
