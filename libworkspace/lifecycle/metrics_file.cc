#include "libworkspace/lifecycle/metrics_file.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/base/unfinished_file.h"
#include "libworkspace/model/job_totals.h"

namespace workspace {
namespace {

/// node_exporter need not be root.
constexpr mode_t kForAll = 0644;
/// A file for a moment; nobody holds the lock for longer than that.
constexpr std::chrono::seconds kLockTimeout{10};

JobTotals read_totals(const std::string& path) {
  try {
    return JobTotals::parse(read_file(path, JobTotals::kMaxBytes));
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kInvalid)
      log_warning(e.text() + "; " + path + " begins anew");
    else if (e.kind() != ErrorKind::kNotFound)
      throw;
    return {};
  }
}

}  // namespace

void count_job(const std::string& folder, const JobReport& report) {
  make_trusted_folder(folder, 0755);
  const FileLock lock(folder + "/.workspace-jobs.lock", Deadline::in(kLockTimeout));
  const std::string totals_path = folder + "/workspace-jobs.totals";
  const std::string metrics_path = folder + "/workspace-jobs.prom";
  for (const auto& path : {totals_path, metrics_path}) remove_unfinished(path);
  JobTotals totals = read_totals(totals_path);
  totals.add(report);
  write_file_atomic(totals_path, totals.to_lines(), kForAll);
  write_file_atomic(metrics_path, totals.to_prometheus(), kForAll);
}

void write_vm_metrics(const std::string& folder, const std::string& text) {
  make_trusted_folder(folder, 0755);
  write_file_atomic(folder + "/workspace-vms.prom", text, kForAll);
}

}  // namespace workspace
