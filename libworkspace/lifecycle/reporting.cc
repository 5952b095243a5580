#include "libworkspace/lifecycle/reporting.h"

#include <cstdlib>
#include <functional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/process.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/lifecycle/metrics_file.h"
#include "libworkspace/lifecycle/report_store.h"
#include "libworkspace/model/utc_time.h"
#include "libworkspace/network/job_namespace.h"

namespace workspace {
namespace {

/// A hypervisor that is slower than this is not waited for: the teardown comes first.
constexpr std::chrono::seconds kUsageTimeout{10};
/// Nor is the site's own program.
constexpr std::chrono::seconds kProgramTimeout{10};

bool is_reported(const SiteConfig& site) {
  return site.reports_max != 0 || !site.metrics.empty() || !site.report_program.empty();
}

void run_report_program(const std::string& program, const JobReport& report) {
  open_trusted_file(program);
  Command command;
  command.argv = {program, report.job.to_string(), report.node};
  command.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "WORKSPACE_IMAGE=" + report.image,
                         "WORKSPACE_DIGEST=" + report.digest,
                         "WORKSPACE_USAGE=" + report.usage_line()};
  if (const char* const conf = std::getenv("SLURM_CONF"))
    command.environment.push_back(std::string("SLURM_CONF=") + conf);
  check_command(command, Deadline::in(kProgramTimeout));
}

/// One place where a report goes. That it cannot go there is told in the log.
void report_to(std::string_view place, const std::function<void()>& write) noexcept {
  try {
    write();
  } catch (const std::exception& e) {
    log_warning("the job is not reported " + std::string(place) + ": " + e.what());
  }
}

}  // namespace

VmUsage measure_vm(Node& node, JobId job) noexcept {
  VmUsage usage = node.hypervisor->usage(job, Deadline::in(kUsageTimeout));
  try {
    const auto traffic = JobNamespace(job, node.hypervisor->kind()).traffic();
    usage.network_received_bytes = traffic.received_bytes;
    usage.network_sent_bytes = traffic.sent_bytes;
  } catch (const std::exception& e) {
    log_warning("the VM's network traffic is not known: " + std::string(e.what()));
  }
  return usage;
}

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
    if (!is_reported(node.site)) return std::nullopt;
    const auto record = node.records.load(job);
    auto report = record ? report_of(*record, unix_now_ms()) : std::nullopt;
    if (report && has_vm(record->state)) report->usage = measure_vm(node, job);
    return report;
  } catch (const std::exception& e) {
    log_warning(std::string("the job is not reported: ") + e.what());
    return std::nullopt;
  }
}

void forget_unfinished_report(const Node& node, const JobRecord& record) noexcept {
  if (record.hostname.empty()) return;
  report_to("anew", [&] {
    ReportStore(node.site.reports).remove_unfinished_of(record.job, record.hostname);
  });
}

void finish_report(const Node& node, std::optional<JobReport>& report,
                   const Steps::Times& teardown_ms) noexcept {
  if (!report) return;
  report->teardown_steps_ms = teardown_ms;
  report->gone_unix_ms = unix_now_ms();
  const SiteConfig& site = node.site;
  if (site.reports_max != 0)
    report_to("to its user", [&] { ReportStore(site.reports).save(*report, site.reports_max); });
  if (!site.metrics.empty()) report_to("in the metrics", [&] { count_job(site.metrics, *report); });
  if (!site.report_program.empty())
    report_to("to the site's program", [&] { run_report_program(site.report_program, *report); });
}

}  // namespace workspace
