#include "libworkspace/model/job_report.h"

#include <array>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/prometheus_text.h"

namespace workspace {
namespace {

constexpr std::string_view kBootPrefix = "boot.";
constexpr std::string_view kTeardownPrefix = "teardown.";

using UsageField = std::optional<std::uint64_t> VmUsage::*;
constexpr std::array<std::pair<std::string_view, UsageField>, 6> kUsageFields = {
    {{"cpu_time_ms", &VmUsage::cpu_time_ms},
     {"memory_peak_kib", &VmUsage::memory_peak_kib},
     {"disk_read_bytes", &VmUsage::disk_read_bytes},
     {"disk_written_bytes", &VmUsage::disk_written_bytes},
     {"network_received_bytes", &VmUsage::network_received_bytes},
     {"network_sent_bytes", &VmUsage::network_sent_bytes}}};

JobReport::Steps take_steps(Fields& fields, std::string_view prefix) {
  JobReport::Steps steps;
  std::string name;
  std::string value;
  while (fields.take_prefixed(prefix, name, value)) {
    const auto ms = parse_decimal(value);
    if (!ms) throw Error(ErrorKind::kInvalid, "the time of step '" + name + "' is not a number");
    steps.emplace_back(name, *ms);
  }
  return steps;
}

std::uint32_t take_u32(Fields& fields, std::string_view name) {
  return static_cast<std::uint32_t>(fields.take_number(name, UINT32_MAX));
}

JobReport parse_fields(std::string_view text) {
  Fields fields = Fields::from_lines(text);
  if (fields.take("version") != "1") throw Error(ErrorKind::kInvalid, "its version is not 1");
  JobReport report(JobId::parse(fields.take("job_id")));
  report.uid = take_u32(fields, "uid");
  report.restart_count = take_u32(fields, "restart_count");
  report.node = fields.take("node");
  report.image = fields.take("image");
  report.digest = fields.take("digest");
  report.outcome = fields.take("outcome");
  report.reason = fields.take("reason");
  report.vcpus = take_u32(fields, "vcpus");
  report.memory_mib = fields.take_number("memory_mib");
  report.disk_mib = fields.take_number("disk_mib");
  report.start_unix_ms = fields.take_number("start_unix_ms");
  report.ready_unix_ms = fields.take_number("ready_unix_ms");
  report.end_unix_ms = fields.take_number("end_unix_ms");
  report.gone_unix_ms = fields.take_number("gone_unix_ms");
  report.suspended_ms = fields.take_number("suspended_ms");
  report.boot_steps_ms = take_steps(fields, kBootPrefix);
  report.teardown_steps_ms = take_steps(fields, kTeardownPrefix);
  report.usage = take_usage(fields);
  fields.expect_empty();
  return report;
}

}  // namespace

void add_usage(Fields& fields, const VmUsage& usage) {
  for (const auto& [name, field] : kUsageFields)
    if (usage.*field) fields.add(std::string(name), *(usage.*field));
}

VmUsage take_usage(Fields& fields) {
  VmUsage usage;
  for (const auto& [name, field] : kUsageFields)
    if (fields.has(name)) usage.*field = fields.take_number(name);
  return usage;
}

std::uint64_t JobReport::run_ms() const {
  if (ready_unix_ms == 0 || end_unix_ms < ready_unix_ms) return 0;
  const std::uint64_t whole_ms = end_unix_ms - ready_unix_ms;
  return whole_ms > suspended_ms ? whole_ms - suspended_ms : 0;
}

std::uint64_t JobReport::sum_ms(const Steps& steps_ms) {
  std::uint64_t sum = 0;
  for (const auto& step : steps_ms) sum += step.second;
  return sum;
}

std::string JobReport::usage_line() const {
  std::vector<std::string> parts = {"boot:" + format_seconds(boot_ms()) + "s",
                                    "run:" + format_seconds(run_ms()) + "s",
                                    "teardown:" + format_seconds(teardown_ms()) + "s"};
  const auto add = [&](const char* name, const std::optional<std::uint64_t>& value,
                       const char* unit) {
    if (value) parts.push_back(name + std::to_string(*value) + unit);
  };
  if (usage.cpu_time_ms) parts.push_back("cpu:" + format_seconds(*usage.cpu_time_ms) + "s");
  add("memory:", usage.memory_peak_kib, "K");
  add("read:", usage.disk_read_bytes, "B");
  add("written:", usage.disk_written_bytes, "B");
  add("received:", usage.network_received_bytes, "B");
  add("sent:", usage.network_sent_bytes, "B");
  return join(parts, ",");
}

std::string JobReport::to_lines() const {
  Fields fields;
  fields.add("version", "1");
  fields.add("job_id", job.to_string());
  fields.add("uid", std::uint64_t{uid});
  fields.add("restart_count", std::uint64_t{restart_count});
  fields.add("node", node);
  fields.add("image", image);
  fields.add("digest", digest);
  fields.add("outcome", outcome);
  fields.add("reason", reason);
  fields.add("vcpus", std::uint64_t{vcpus});
  fields.add("memory_mib", memory_mib);
  fields.add("disk_mib", disk_mib);
  fields.add("start_unix_ms", start_unix_ms);
  fields.add("ready_unix_ms", ready_unix_ms);
  fields.add("end_unix_ms", end_unix_ms);
  fields.add("gone_unix_ms", gone_unix_ms);
  fields.add("suspended_ms", suspended_ms);
  for (const auto& [name, ms] : boot_steps_ms) fields.add(std::string(kBootPrefix) + name, ms);
  for (const auto& [name, ms] : teardown_steps_ms)
    fields.add(std::string(kTeardownPrefix) + name, ms);
  add_usage(fields, usage);
  return fields.to_lines();
}

JobReport JobReport::parse(std::string_view text) {
  try {
    return parse_fields(text);
  } catch (Error& e) {
    throw e.in("the report of a workspace job is damaged");
  }
}

}  // namespace workspace
