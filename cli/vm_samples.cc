#include "cli/vm_samples.h"

#include <algorithm>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/report.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/lifecycle/user_account.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

using Amount = std::optional<std::uint64_t>;

std::string user_of(std::uint32_t uid) {
  try {
    return find_user(uid).name;
  } catch (const Error&) {
    return std::to_string(uid);
  }
}

std::string bytes_text(const Amount& bytes) { return bytes ? format_bytes(*bytes) : "-"; }

std::string kib_text(const Amount& kib) { return kib ? format_bytes(*kib << 10U) : "-"; }

std::string ms_text(const Amount& ms) { return ms ? std::to_string(*ms) + " ms" : "-"; }

/// How much more there is a second; nothing where either is not known, or the counter went back.
Amount per_second(const Amount& before, const Amount& now, std::uint64_t ms) {
  if (!before || !now || *now < *before || ms == 0) return std::nullopt;
  return (*now - *before) * 1000 / ms;
}

std::uint64_t time_between_ms(const std::optional<VmSample>& before, const VmSample& now) {
  if (!before || now.time_unix_ms < before->time_unix_ms) return 0;
  return now.time_unix_ms - before->time_unix_ms;
}

}  // namespace

void TopTable::add(const VmSample& sample) {
  const auto [row, is_new] = rows_.try_emplace({sample.job, sample.node}, Row{sample, {}});
  if (is_new) return;
  row->second.before = row->second.now;
  row->second.now = sample;
}

void TopTable::keep_only(std::span<const VmSample> samples) {
  std::erase_if(rows_, [&](const auto& row) {
    return std::none_of(samples.begin(), samples.end(), [&](const VmSample& sample) {
      return row.first == std::pair(sample.job, sample.node);
    });
  });
}

std::string TopTable::text() const {
  std::vector<std::pair<std::uint64_t, std::vector<std::string>>> lines;
  for (const auto& [key, row] : rows_) {
    const VmSample& now = row.now;
    const VmUsage before = row.before ? row.before->usage : VmUsage{};
    const std::uint64_t ms = time_between_ms(row.before, now);
    const auto rate = [&](Amount VmUsage::*field) {
      return per_second(before.*field, now.usage.*field, ms);
    };
    // CPU milliseconds a second are tenths of a percent.
    const Amount cpu = rate(&VmUsage::cpu_time_ms);
    lines.emplace_back(cpu.value_or(0),
                       std::vector<std::string>{
                           now.job.to_string(), user_of(now.uid), now.node, now.state, now.image,
                           std::to_string(now.vcpus), cpu ? std::to_string((*cpu + 5) / 10) : "-",
                           format_size_mib(now.memory_mib), kib_text(now.usage.memory_peak_kib),
                           bytes_text(rate(&VmUsage::disk_read_bytes)),
                           bytes_text(rate(&VmUsage::disk_written_bytes)),
                           bytes_text(rate(&VmUsage::network_received_bytes)),
                           bytes_text(rate(&VmUsage::network_sent_bytes))});
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::vector<std::string>> rows = {{"JOB", "USER", "NODE", "STATE", "IMAGE", "VCPUS",
                                                 "%CPU", "MEMORY", "PEAK", "READ/s", "WRITTEN/s",
                                                 "RECEIVED/s", "SENT/s"}};
  for (auto& line : lines) rows.push_back(std::move(line.second));
  return format_table(rows);
}

std::string samples_table(std::span<const VmSample> samples) {
  std::vector<std::vector<std::string>> rows = {{"JOB", "NODE", "STATE", "IMAGE", "VCPUS", "MEMORY",
                                                 "DISK", "CPU TIME", "PEAK", "READ", "WRITTEN",
                                                 "RECEIVED", "SENT"}};
  for (const auto& sample : samples) {
    const VmUsage& usage = sample.usage;
    rows.push_back({sample.job.to_string(), sample.node, sample.state, sample.image,
                    std::to_string(sample.vcpus), format_size_mib(sample.memory_mib),
                    format_size_mib(sample.disk_mib), ms_text(usage.cpu_time_ms),
                    kib_text(usage.memory_peak_kib), bytes_text(usage.disk_read_bytes),
                    bytes_text(usage.disk_written_bytes), bytes_text(usage.network_received_bytes),
                    bytes_text(usage.network_sent_bytes)});
  }
  return format_table(rows);
}

std::string samples_json(std::span<const VmSample> samples) {
  Json json;
  json.begin_object().begin_array("vms");
  for (const auto& sample : samples) {
    json.begin_object()
        .field("job", std::uint64_t{sample.job.number()})
        .field("uid", std::uint64_t{sample.uid})
        .field("node", sample.node)
        .field("state", sample.state)
        .field("image", sample.image)
        .field("vcpus", std::uint64_t{sample.vcpus})
        .field("memory_mib", sample.memory_mib)
        .field("disk_mib", sample.disk_mib)
        .field("ready_unix_ms", sample.ready_unix_ms)
        .field("time_unix_ms", sample.time_unix_ms);
    add_usage(json, sample.usage);
    json.end_object();
  }
  json.end_array().end_object();
  return json.text();
}

std::vector<VmSample> read_samples(JobStep& step) {
  std::vector<VmSample> samples;
  for (const auto& line : step.take_lines()) {
    try {
      samples.push_back(VmSample::parse(line));
    } catch (const Error& e) {
      warn("a node says '" + printable(line, 256) + "': " + e.text());
    }
  }
  return samples;
}

}  // namespace workspace::cli
