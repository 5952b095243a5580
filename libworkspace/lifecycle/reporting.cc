#include "libworkspace/lifecycle/reporting.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/report_store.h"
#include "libworkspace/model/utc_time.h"
#include "libworkspace/network/job_namespace.h"

namespace workspace {
namespace {

/// A hypervisor that is slower than this is not waited for: the teardown comes first.
constexpr std::chrono::seconds kUsageTimeout{10};

VmUsage measure(Node& node, JobId job) {
  VmUsage usage = node.hypervisor->usage(job, Deadline::in(kUsageTimeout));
  try {
    const auto traffic = JobNamespace(job, node.hypervisor->kind()).traffic();
    usage.network_received_bytes = traffic.received_bytes;
    usage.network_sent_bytes = traffic.sent_bytes;
  } catch (const Error& e) {
    log_warning("the VM's network traffic is not known: " + e.text());
  }
  return usage;
}

}  // namespace

std::uint64_t suspended_now_ms(const JobRecord& record, std::uint64_t now_unix_ms) {
  const std::uint64_t since = record.suspended_since_unix_ms;
  return since != 0 && now_unix_ms > since ? now_unix_ms - since : 0;
}

std::optional<JobReport> report_of(const JobRecord& record, std::uint64_t now_unix_ms) {
  // A teardown that was killed has left what it could not measure any more.
  if (record.state == WorkspaceState::kEnding || record.hostname.empty()) return std::nullopt;
  JobReport report(record.job);
  report.uid = record.uid;
  report.restart_count = record.restart_count;
  report.node = record.hostname;
  report.image = record.image;
  report.digest = record.digest;
  report.outcome = has_vm(record.state) ? "ran" : "failed";
  report.reason = record.reason;
  report.vcpus = record.vcpus;
  report.memory_mib = record.memory_mib;
  report.disk_mib = record.disk_mib;
  report.start_unix_ms = record.start_unix_ms;
  report.ready_unix_ms = record.ready_unix_ms;
  report.end_unix_ms = now_unix_ms;
  report.suspended_ms = record.suspended_ms + suspended_now_ms(record, now_unix_ms);
  report.boot_steps_ms = record.step_times_ms;
  return report;
}

std::optional<JobReport> begin_report(Node& node, JobId job) noexcept {
  try {
    if (node.site.reports_max == 0) return std::nullopt;
    const auto record = node.records.load(job);
    auto report = record ? report_of(*record, unix_now_ms()) : std::nullopt;
    if (report && has_vm(record->state)) report->usage = measure(node, job);
    return report;
  } catch (const std::exception& e) {
    log_warning(std::string("the job is not reported: ") + e.what());
    return std::nullopt;
  }
}

void finish_report(const Node& node, std::optional<JobReport>& report,
                   const Steps::Times& teardown_ms) noexcept {
  if (!report) return;
  try {
    report->teardown_steps_ms = teardown_ms;
    report->gone_unix_ms = unix_now_ms();
    ReportStore(node.site.reports).save(*report, node.site.reports_max);
  } catch (const std::exception& e) {
    log_warning(std::string("the job's report is not written: ") + e.what());
  }
}

}  // namespace workspace
