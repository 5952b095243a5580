#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libworkspace/base/deadline.h"

namespace workspace {

/// What the cluster's configuration says of things that a workspace depends on (slurm.conf(5)).
struct SlurmSettings {
  std::string prolog;  ///< the programs as configured; empty: none
  std::string epilog;
  std::string task_prolog;
  std::string job_submit_plugins;      ///< such as `lua`
  std::string plugstack;               ///< the plugin stack's file
  bool prolog_at_allocation = false;   ///< PrologFlags has Alloc
  bool defers_batch = false;           ///< PrologFlags has DeferBatch
  bool lets_preferences_fail = false;  ///< SchedulerParameters has ignore_prefer_validation
  std::uint32_t batch_start_timeout_s = 0;
  std::uint32_t prolog_epilog_timeout_s = 0;  ///< 0: no bound

  static constexpr std::uint32_t kNoTimeout = 0;
};

/// Whether a list such as `bf_interval=1,defer` of slurm.conf's SchedulerParameters has the option.
bool has_scheduler_parameter(std::string_view list, std::string_view option);

/// Asks the controller. Errors: kHost; kTimeout.
SlurmSettings read_slurm_settings(Deadline deadline);

}  // namespace workspace
