#include "libworkspace/slurm/slurm_settings.h"

#include <algorithm>
#include <ctime>

#include "libworkspace/base/bounded_call.h"
#include "libworkspace/base/text.h"
#include "libworkspace/slurm/libslurm.h"

namespace workspace {
namespace {

struct ConfigDeleter {
  void operator()(slurm_conf_t* config) const { slurm_free_ctl_conf(config); }
};

/// slurm.conf(5): without PlugStackConfig it lies beside slurm.conf.
std::string plugstack_of(const slurm_conf_t& config) {
  const std::string given = text_of(config.plugstack);
  if (!given.empty()) return given;
  const std::string beside = text_of(config.slurm_conf);
  return beside.substr(0, beside.rfind('/') + 1) + "plugstack.conf";
}

SlurmSettings ask() {
  prepare_libslurm();
  slurm_conf_t* message = nullptr;
  if (slurm_load_ctl_conf(std::time_t{0}, &message) != SLURM_SUCCESS)
    throw_slurm("asking the controller for its configuration");
  const std::unique_ptr<slurm_conf_t, ConfigDeleter> config(message);
  SlurmSettings settings;
  settings.prolog = text_of(config->prolog);
  settings.epilog = text_of(config->epilog);
  settings.task_prolog = text_of(config->task_prolog);
  settings.job_submit_plugins = text_of(config->job_submit_plugins);
  settings.plugstack = plugstack_of(*config);
  settings.prolog_at_allocation = (config->prolog_flags & PROLOG_FLAG_ALLOC) != 0;
  settings.defers_batch = (config->prolog_flags & PROLOG_FLAG_DEFER_BATCH) != 0;
  settings.lets_preferences_fail =
      has_scheduler_parameter(text_of(config->sched_params), "ignore_prefer_validation");
  settings.batch_start_timeout_s = config->batch_start_timeout;
  settings.prolog_epilog_timeout_s = config->prolog_epilog_timeout == NO_VAL16
                                         ? SlurmSettings::kNoTimeout
                                         : config->prolog_epilog_timeout;
  return settings;
}

}  // namespace

bool has_scheduler_parameter(std::string_view list, std::string_view option) {
  const auto options = split(list, ',');
  return std::find(options.begin(), options.end(), option) != options.end();
}

SlurmSettings read_slurm_settings(Deadline deadline) {
  return bounded_call<SlurmSettings>("asking Slurm's controller for its configuration", deadline,
                                     ask);
}

}  // namespace workspace
