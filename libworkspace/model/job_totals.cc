#include "libworkspace/model/job_totals.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/prometheus_text.h"

namespace workspace {
namespace {

struct Counter {
  std::string_view field;
  std::uint64_t JobTotals::*value;
};

constexpr std::array<Counter, 9> kCounters = {
    {{"ran", &JobTotals::ran},
     {"failed", &JobTotals::failed},
     {"run_ms", &JobTotals::run_ms},
     {"suspended_ms", &JobTotals::suspended_ms},
     {"cpu_time_ms", &JobTotals::cpu_time_ms},
     {"disk_read_bytes", &JobTotals::disk_read_bytes},
     {"disk_written_bytes", &JobTotals::disk_written_bytes},
     {"network_received_bytes", &JobTotals::network_received_bytes},
     {"network_sent_bytes", &JobTotals::network_sent_bytes}}};

struct ByteMetric {
  std::string_view name;
  std::uint64_t JobTotals::*value;
  std::string_view help;
};

constexpr std::array<ByteMetric, 4> kByteMetrics = {
    {{"workspace_disk_read_bytes_total", &JobTotals::disk_read_bytes,
      "Bytes that VMs of ended jobs read from their images and scratch disks."},
     {"workspace_disk_written_bytes_total", &JobTotals::disk_written_bytes,
      "Bytes that VMs of ended jobs wrote to their scratch disks."},
     {"workspace_network_received_bytes_total", &JobTotals::network_received_bytes,
      "Bytes that VMs of ended jobs received."},
     {"workspace_network_sent_bytes_total", &JobTotals::network_sent_bytes,
      "Bytes that VMs of ended jobs sent."}}};

struct TimeMetric {
  std::string_view name;
  std::uint64_t JobTotals::*value_ms;
  std::string_view help;
};

constexpr std::array<TimeMetric, 3> kTimeMetrics = {
    {{"workspace_run_seconds_total", &JobTotals::run_ms,
      "Time that ended jobs ran, without boot, teardown and suspension."},
     {"workspace_suspended_seconds_total", &JobTotals::suspended_ms,
      "Time that VMs of ended jobs were paused."},
     {"workspace_cpu_seconds_total", &JobTotals::cpu_time_ms,
      "CPU time of the VMs of ended jobs."}}};

void add_steps(std::map<std::string, std::uint64_t>& sums_ms, const JobReport::Steps& steps_ms) {
  for (const auto& [name, ms] : steps_ms) sums_ms[name] += ms;
}

/// `2.5`: as Prometheus itself writes numbers.
std::string bound_text(std::uint64_t ms) {
  std::string text = format_seconds(ms);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void write_histogram(PrometheusText& text, const std::string& name, std::string_view help,
                     const DurationHistogram& histogram) {
  text.family(name, "histogram", help);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    below += histogram.counts.at(i);
    text.sample(name + "_bucket", {{"le", bound_text(DurationHistogram::kBoundsMs.at(i))}}, below);
  }
  text.sample(name + "_bucket", {{"le", "+Inf"}}, histogram.count);
  text.seconds(name + "_sum", {}, histogram.sum_ms);
  text.sample(name + "_count", {}, histogram.count);
}

void write_steps(PrometheusText& text, std::string_view name, std::string_view help,
                 const std::map<std::string, std::uint64_t>& sums_ms) {
  text.family(name, "counter", help);
  for (const auto& [step, ms] : sums_ms) text.seconds(name, {{"step", step}}, ms);
}

void add_histogram(Fields& fields, const std::string& name, const DurationHistogram& histogram) {
  for (std::size_t i = 0; i < histogram.counts.size(); ++i)
    fields.add(name + "_to_" + std::to_string(DurationHistogram::kBoundsMs.at(i)),
               histogram.counts.at(i));
  fields.add(name + "_count", histogram.count);
  fields.add(name + "_sum_ms", histogram.sum_ms);
}

DurationHistogram take_histogram(Fields& fields, const std::string& name) {
  DurationHistogram histogram;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i)
    histogram.counts.at(i) =
        fields.take_number(name + "_to_" + std::to_string(DurationHistogram::kBoundsMs.at(i)));
  histogram.count = fields.take_number(name + "_count");
  histogram.sum_ms = fields.take_number(name + "_sum_ms");
  return histogram;
}

std::map<std::string, std::uint64_t> take_steps(Fields& fields, std::string_view prefix) {
  std::map<std::string, std::uint64_t> sums_ms;
  std::string name;
  std::string value;
  while (fields.take_prefixed(prefix, name, value)) {
    const auto ms = parse_decimal(value);
    if (!ms) throw Error(ErrorKind::kInvalid, "the time of step '" + name + "' is not a number");
    sums_ms[name] = *ms;
  }
  return sums_ms;
}

JobTotals parse_fields(std::string_view text) {
  Fields fields = Fields::from_lines(text);
  if (fields.take("version") != "2") throw Error(ErrorKind::kInvalid, "its version is not 2");
  JobTotals totals;
  for (const auto& [field, value] : kCounters) totals.*value = fields.take_number(field);
  totals.boot = take_histogram(fields, "boot");
  totals.teardown = take_histogram(fields, "teardown");
  totals.boot_steps_ms = take_steps(fields, "boot.");
  totals.teardown_steps_ms = take_steps(fields, "teardown.");
  fields.expect_empty();
  return totals;
}

}  // namespace

void DurationHistogram::add(std::uint64_t ms) {
  for (std::size_t i = 0; i < kBoundsMs.size(); ++i) {
    if (ms > kBoundsMs.at(i)) continue;
    ++counts.at(i);
    break;
  }
  ++count;
  sum_ms += ms;
}

void JobTotals::add(const JobReport& report) {
  const bool had_vm = report.outcome == "ran";
  ++(had_vm ? ran : failed);
  if (had_vm) boot.add(report.boot_ms());
  teardown.add(report.teardown_ms());
  add_steps(boot_steps_ms, report.boot_steps_ms);
  add_steps(teardown_steps_ms, report.teardown_steps_ms);
  run_ms += report.run_ms();
  suspended_ms += report.suspended_ms;
  cpu_time_ms += report.usage.cpu_time_ms.value_or(0);
  disk_read_bytes += report.usage.disk_read_bytes.value_or(0);
  disk_written_bytes += report.usage.disk_written_bytes.value_or(0);
  network_received_bytes += report.usage.network_received_bytes.value_or(0);
  network_sent_bytes += report.usage.network_sent_bytes.value_or(0);
}

std::string JobTotals::to_prometheus() const {
  PrometheusText text;
  text.family("workspace_jobs_total", "counter", "Workspace jobs that have ended on this node.")
      .sample("workspace_jobs_total", {{"outcome", "ran"}}, ran)
      .sample("workspace_jobs_total", {{"outcome", "failed"}}, failed);
  write_histogram(text, "workspace_boot_duration_seconds",
                  "Time that the prolog took to boot the VM of a job that ran.", boot);
  write_histogram(text, "workspace_teardown_duration_seconds",
                  "Time that the epilog took to remove the job's VM and all of it.", teardown);
  write_steps(text, "workspace_boot_step_seconds_total", "Time in each step of the boots.",
              boot_steps_ms);
  write_steps(text, "workspace_teardown_step_seconds_total", "Time in each step of the teardowns.",
              teardown_steps_ms);
  for (const auto& [name, value_ms, help] : kTimeMetrics)
    text.family(name, "counter", help).seconds(name, {}, this->*value_ms);
  for (const auto& [name, value, help] : kByteMetrics)
    text.family(name, "counter", help).sample(name, {}, this->*value);
  return text.text();
}

std::string JobTotals::to_lines() const {
  Fields fields;
  fields.add("version", "2");
  for (const auto& [field, value] : kCounters) fields.add(std::string(field), this->*value);
  add_histogram(fields, "boot", boot);
  add_histogram(fields, "teardown", teardown);
  for (const auto& [name, ms] : boot_steps_ms) fields.add("boot." + name, ms);
  for (const auto& [name, ms] : teardown_steps_ms) fields.add("teardown." + name, ms);
  return fields.to_lines();
}

JobTotals JobTotals::parse(std::string_view text) {
  try {
    return parse_fields(text);
  } catch (Error& e) {
    throw e.in("the totals of workspace jobs are damaged");
  }
}

}  // namespace workspace
