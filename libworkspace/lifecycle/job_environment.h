#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libworkspace/model/job_names.h"

namespace workspace {

/// What slurmd tells its prolog and epilog in their environment (prolog_epilog(7), "Prolog and
/// Epilog environment variables"). Everything but `request` is slurmd's own word; `request` is the
/// user's, and is parsed as such by whoever uses it.
struct JobEnvironment {
  JobId job;
  std::uint32_t uid = 0;
  std::uint32_t restart_count = 0;
  std::string node_name;
  std::optional<std::string> request;  ///< SPANK_WORKSPACE, as it came

  /// Reads the environment, then clears it of all but SLURM_CONF, so that no tool or library that
  /// root's program uses later is moved by a variable. Errors: kHost when slurmd's part is missing
  /// or malformed: the program was then not called by slurmd.
  static JobEnvironment take();
};

}  // namespace workspace
