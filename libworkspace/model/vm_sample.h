#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libworkspace/model/job_names.h"
#include "libworkspace/model/job_report.h"

namespace workspace {

/// A job's VM on one node at one moment: what `workspace ps` and `workspace top` show of it.
struct VmSample {
  explicit VmSample(JobId id) : job(id) {}

  JobId job;
  std::uint32_t uid = 0;
  std::string node;
  std::string state;  ///< of the workspace, such as `running`
  std::string image;  ///< NAME:VERSION
  std::uint32_t vcpus = 0;
  std::uint64_t memory_mib = 0;
  std::uint64_t disk_mib = 0;
  std::uint64_t ready_unix_ms = 0;  ///< the VM was ready for tasks; 0: not yet
  std::uint64_t time_unix_ms = 0;   ///< the moment, by the node's clock
  VmUsage usage;                    ///< up to it

  /// One line, with a newline at its end.
  [[nodiscard]] std::string to_line() const;
  /// Errors: kInvalid.
  static VmSample parse(std::string_view line);

  bool operator==(const VmSample&) const = default;
};

}  // namespace workspace
