#include "cli/node_metrics.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/metrics_file.h"
#include "libworkspace/lifecycle/vm_samples.h"
#include "libworkspace/model/job_record.h"
#include "libworkspace/model/prometheus_text.h"

namespace workspace::cli {
namespace {

enum class Unit { kCount, kMs, kKib };

struct UsageMetric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::optional<std::uint64_t> VmUsage::*value;
  Unit unit;
};

constexpr std::array<UsageMetric, 6> kUsageMetrics = {
    {{"workspace_vm_cpu_seconds_total", "counter", "CPU time of the VM.", &VmUsage::cpu_time_ms,
      Unit::kMs},
     {"workspace_vm_memory_peak_bytes", "gauge",
      "The most of the node's memory that the VM has held.", &VmUsage::memory_peak_kib, Unit::kKib},
     {"workspace_vm_disk_read_bytes_total", "counter",
      "Bytes that the VM read from its image and its scratch disk.", &VmUsage::disk_read_bytes,
      Unit::kCount},
     {"workspace_vm_disk_written_bytes_total", "counter",
      "Bytes that the VM wrote to its scratch disk.", &VmUsage::disk_written_bytes, Unit::kCount},
     {"workspace_vm_network_received_bytes_total", "counter", "Bytes that the VM received.",
      &VmUsage::network_received_bytes, Unit::kCount},
     {"workspace_vm_network_sent_bytes_total", "counter", "Bytes that the VM sent.",
      &VmUsage::network_sent_bytes, Unit::kCount}}};

constexpr std::array kStates = {WorkspaceState::kPreparing, WorkspaceState::kRunning,
                                WorkspaceState::kSuspended, WorkspaceState::kFailed,
                                WorkspaceState::kEnding};

/// `job` would be taken for Prometheus' own label of that name.
PrometheusText::Labels labels_of(const VmSample& sample) {
  return {{"jobid", sample.job.to_string()}, {"uid", std::to_string(sample.uid)}};
}

void write_states(PrometheusText& text, std::span<const VmSample> samples) {
  text.family("workspace_vms", "gauge", "Jobs with a workspace on this node, by its state.");
  for (const auto state : kStates) {
    const auto count = std::count_if(samples.begin(), samples.end(), [&](const VmSample& sample) {
      return sample.state == name_of(state);
    });
    text.sample("workspace_vms", {{"state", std::string(name_of(state))}},
                static_cast<std::uint64_t>(count));
  }
}

void write_infos(PrometheusText& text, std::span<const VmSample> samples) {
  text.family("workspace_vm_info", "gauge", "1 for each job; its labels tell what it is.");
  for (const auto& sample : samples) {
    auto labels = labels_of(sample);
    labels.emplace_back("image", sample.image);
    labels.emplace_back("state", sample.state);
    text.sample("workspace_vm_info", labels, 1);
  }
  text.family("workspace_vm_vcpus", "gauge", "vCPUs of the VM.");
  for (const auto& sample : samples)
    text.sample("workspace_vm_vcpus", labels_of(sample), sample.vcpus);
  text.family("workspace_vm_memory_bytes", "gauge", "The VM's memory.");
  for (const auto& sample : samples)
    text.sample("workspace_vm_memory_bytes", labels_of(sample), sample.memory_mib << 20U);
}

void write_usage(PrometheusText& text, std::span<const VmSample> samples,
                 const UsageMetric& metric) {
  text.family(metric.name, metric.type, metric.help);
  for (const auto& sample : samples) {
    const auto value = sample.usage.*metric.value;
    if (!value) continue;
    if (metric.unit == Unit::kMs)
      text.seconds(metric.name, labels_of(sample), *value);
    else
      text.sample(metric.name, labels_of(sample),
                  metric.unit == Unit::kKib ? *value << 10U : *value);
  }
}

}  // namespace

std::string vm_metrics(std::span<const VmSample> samples) {
  PrometheusText text;
  write_states(text, samples);
  // Before the prolog knows the image, the record does not tell whose the job is.
  std::vector<VmSample> known;
  std::ranges::copy_if(samples, std::back_inserter(known),
                       [](const VmSample& sample) { return !sample.image.empty(); });
  write_infos(text, known);
  for (const auto& metric : kUsageMetrics) write_usage(text, known, metric);
  return text.text();
}

int run_node_metrics(const Arguments& arguments) {
  if (::geteuid() != 0) throw Error(ErrorKind::kDenied, "only root may see the VMs of a node");
  set_log_context("metrics", "");
  Node node = Node::open();
  const std::string text = vm_metrics(sample_vms(node));
  if (!arguments.has("--write")) return print(text);
  if (node.site.metrics.empty()) {
    throw Error(ErrorKind::kNotFound,
                "workspace.yaml names no folder for metrics; set metrics there");
  }
  write_vm_metrics(node.site.metrics, text);
  return 0;
}

}  // namespace workspace::cli
