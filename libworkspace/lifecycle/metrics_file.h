#pragma once

#include <string>

#include "libworkspace/model/job_report.h"

namespace workspace {

/// Counts an ended job in `folder`/workspace-jobs.prom, which node_exporter's textfile collector
/// reads: at any moment the file is whole. Beside it, in workspace-jobs.totals, is what it was made
/// of; without it, or where it is damaged, counting begins anew, which Prometheus takes for a
/// restart. Several epilogs may call it at once. The folder is made if it is not there.
/// Errors: kDenied when others than root can write the folder; kHost; kTimeout.
void count_job(const std::string& folder, const JobReport& report);

/// Replaces `folder`/workspace-vms.prom. Errors: as count_job.
void write_vm_metrics(const std::string& folder, const std::string& text);

}  // namespace workspace
