#pragma once

#include <cstdint>

#include "libworkspace/model/job_names.h"

namespace workspace {

/// Numbers that Slurm gives to no job, being above MaxJobId (slurm.conf(5)): of virtual machines
/// that are no job's, in which images are built.
inline constexpr std::uint32_t kFirstBuild = 67'043'329;
inline constexpr std::uint32_t kLastBuild = 67'108'863;

inline bool is_build(JobId job) {
  return job.number() >= kFirstBuild && job.number() <= kLastBuild;
}

}  // namespace workspace
