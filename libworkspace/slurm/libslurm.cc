#include "libworkspace/slurm/libslurm.h"

#include <mutex>

namespace workspace {

void prepare_libslurm() {
  static std::once_flag once;
  std::call_once(once, [] { slurm_init(nullptr); });
}

void throw_slurm(std::string_view what) {
  const char* const reason = slurm_strerror(slurm_get_errno());
  throw Error(ErrorKind::kHost, std::string(what) + ": " + reason);
}

bool host_list_has(const char* list, const std::string& host) {
  if (list == nullptr) return false;
  const hostlist_t hosts = slurm_hostlist_create(list);
  if (hosts == nullptr) return false;
  const bool found = slurm_hostlist_find(hosts, host.c_str()) >= 0;
  slurm_hostlist_destroy(hosts);
  return found;
}

bool holds_allocation(const slurm_job_info_t& job) {
  const auto base_state = job.job_state & JOB_STATE_BASE;
  const bool started = base_state == JOB_RUNNING || base_state == JOB_SUSPENDED;
  return started && (job.job_state & JOB_COMPLETING) == 0;
}

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

}  // namespace workspace
