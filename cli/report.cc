#include "cli/report.h"

#include "cli/json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/lifecycle/report_store.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string ms_text(std::uint64_t ms) { return std::to_string(ms) + " ms"; }

std::string time_text(std::uint64_t unix_ms) {
  if (unix_ms == 0) return "-";
  return format_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(unix_ms)));
}

void add_usage(Rows& rows, const VmUsage& usage) {
  const auto add = [&](const char* name, const std::optional<std::uint64_t>& value,
                       const auto& text) {
    rows.push_back({name, value ? text(*value) : "not known"});
  };
  add("CPU time", usage.cpu_time_ms, ms_text);
  add("memory peak", usage.memory_peak_kib,
      [](std::uint64_t kib) { return format_bytes(kib << 10U); });
  add("disk read", usage.disk_read_bytes, format_bytes);
  add("disk written", usage.disk_written_bytes, format_bytes);
  add("network received", usage.network_received_bytes, format_bytes);
  add("network sent", usage.network_sent_bytes, format_bytes);
}

void add_steps(Json& json, std::string_view key, const JobReport::Steps& steps) {
  json.begin_array(key);
  for (const auto& [name, ms] : steps)
    json.begin_object().field("name", name).field("ms", ms).end_object();
  json.end_array();
}

}  // namespace

void add_usage(Json& json, const VmUsage& usage) {
  const auto add = [&](std::string_view name, const std::optional<std::uint64_t>& value) {
    if (value) json.field(name, *value);
  };
  json.begin_object("usage");
  add("cpu_time_ms", usage.cpu_time_ms);
  add("memory_peak_kib", usage.memory_peak_kib);
  add("disk_read_bytes", usage.disk_read_bytes);
  add("disk_written_bytes", usage.disk_written_bytes);
  add("network_received_bytes", usage.network_received_bytes);
  add("network_sent_bytes", usage.network_sent_bytes);
  json.end_object();
}

std::string report_text(const JobReport& report) {
  Rows rows = {{"job", report.job.to_string()},
               {"node", report.node},
               {"outcome", report.outcome},
               {"image", report.image},
               {"digest", report.digest},
               {"vcpus", std::to_string(report.vcpus)},
               {"memory", format_size_mib(report.memory_mib)},
               {"disk", format_size_mib(report.disk_mib)},
               {"started", time_text(report.start_unix_ms)},
               {"ready", time_text(report.ready_unix_ms)},
               {"ended", time_text(report.end_unix_ms)},
               {"boot", ms_text(report.boot_ms())}};
  if (!report.reason.empty()) rows.insert(rows.begin() + 3, {"reason", printable(report.reason)});
  for (const auto& [name, ms] : report.boot_steps_ms) rows.push_back({"  " + name, ms_text(ms)});
  rows.push_back({"run", ms_text(report.run_ms())});
  rows.push_back({"suspended", ms_text(report.suspended_ms)});
  rows.push_back({"teardown", ms_text(report.teardown_ms())});
  for (const auto& [name, ms] : report.teardown_steps_ms)
    rows.push_back({"  " + name, ms_text(ms)});
  add_usage(rows, report.usage);
  return format_table(rows);
}

std::string reports_json(std::span<const JobReport> reports) {
  Json json;
  json.begin_object().begin_array("reports");
  for (const auto& report : reports) {
    json.begin_object()
        .field("job", std::uint64_t{report.job.number()})
        .field("node", report.node)
        .field("uid", std::uint64_t{report.uid})
        .field("restart_count", std::uint64_t{report.restart_count})
        .field("outcome", report.outcome)
        .field("reason", report.reason)
        .field("image", report.image)
        .field("digest", report.digest)
        .field("vcpus", std::uint64_t{report.vcpus})
        .field("memory_mib", report.memory_mib)
        .field("disk_mib", report.disk_mib)
        .field("start_unix_ms", report.start_unix_ms)
        .field("ready_unix_ms", report.ready_unix_ms)
        .field("end_unix_ms", report.end_unix_ms)
        .field("gone_unix_ms", report.gone_unix_ms)
        .field("boot_ms", report.boot_ms())
        .field("run_ms", report.run_ms())
        .field("suspended_ms", report.suspended_ms)
        .field("teardown_ms", report.teardown_ms());
    add_steps(json, "boot_steps", report.boot_steps_ms);
    add_steps(json, "teardown_steps", report.teardown_steps_ms);
    add_usage(json, report.usage);
    json.end_object();
  }
  json.end_array().end_object();
  return json.text();
}

int run_report(const Arguments& arguments) {
  const auto job = JobId::parse(*arguments.word(0));
  if (arguments.has("--json") && arguments.has("--svg"))
    throw Error(ErrorKind::kUsage, "--json and --svg are two forms of the report; choose one");
  const auto reports = ReportStore(site_config(arguments).reports).load(job);
  if (reports.empty()) {
    throw Error(ErrorKind::kNotFound, "there is no report of job " + job.to_string() +
                                          " on this machine; a job has one once it has ended");
  }
  if (arguments.has("--json")) return print(reports_json(reports));
  if (arguments.has("--svg")) return print(reports_svg(reports));
  std::string text;
  for (const auto& report : reports) text += (text.empty() ? "" : "\n") + report_text(report);
  return print(text);
}

}  // namespace workspace::cli
