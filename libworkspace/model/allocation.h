#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/model/job_names.h"

namespace workspace {

/// Generic resources of one name.
struct AllocatedGres {
  std::string name;  ///< as in gres.conf, such as `gpu`
  /// Slurm's numbers of the devices: their place among the node's devices of that name. Empty
  /// where there are none.
  std::vector<std::uint32_t> indices;
  std::uint64_t count = 0;  ///< of what is only counted; with devices 0

  bool operator==(const AllocatedGres&) const = default;
};

/// What Slurm has allocated to a job on this node, as the controller tells it.
struct Allocation {
  explicit Allocation(JobId id) : job(id) {}

  JobId job;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string node_name;
  std::string partition;
  std::string account;  ///< empty: none
  std::string qos;      ///< empty: none
  std::string work_dir;
  std::uint32_t cpus = 0;              ///< allocated CPUs of this node
  std::vector<std::uint32_t> cpu_ids;  ///< Slurm's abstract CPU numbers of this node
  std::uint64_t memory_mib = 0;        ///< allocated memory of this node
  std::vector<AllocatedGres> gres;     ///< of this node
  std::uint32_t node_count = 0;
  std::uint32_t node_cpus = 0;  ///< what the cluster's configuration states for this node
};

}  // namespace workspace
