#include "cli/node_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "libworkspace/base/fd.h"
#include "libworkspace/model/job_totals.h"
#include "test_paths.h"

namespace workspace::cli {
namespace {

std::vector<VmSample> some_samples() {
  VmSample running{JobId(42)};
  running.uid = 1000;
  running.state = "running";
  running.image = "tiny:1";
  running.vcpus = 2;
  running.memory_mib = 336;
  running.usage = {12'345, 1024, 3, 4, 5, 6};
  VmSample failed{JobId(43)};
  failed.state = "failed";
  failed.image = "broken:1";
  VmSample unknown{JobId(44)};  // as a prolog's first moments leave it
  unknown.state = "preparing";
  return {running, failed, unknown};
}

TEST(NodeMetrics, AreInBaseUnits) {
  EXPECT_EQ(vm_metrics(some_samples()),
            R"(# HELP workspace_vms Jobs with a workspace on this node, by its state.
# TYPE workspace_vms gauge
workspace_vms{state="preparing"} 1
workspace_vms{state="running"} 1
workspace_vms{state="suspended"} 0
workspace_vms{state="failed"} 1
workspace_vms{state="ending"} 0
# HELP workspace_vm_info 1 for each job; its labels tell what it is.
# TYPE workspace_vm_info gauge
workspace_vm_info{jobid="42",uid="1000",image="tiny:1",state="running"} 1
workspace_vm_info{jobid="43",uid="0",image="broken:1",state="failed"} 1
# HELP workspace_vm_vcpus vCPUs of the VM.
# TYPE workspace_vm_vcpus gauge
workspace_vm_vcpus{jobid="42",uid="1000"} 2
workspace_vm_vcpus{jobid="43",uid="0"} 0
# HELP workspace_vm_memory_bytes The VM's memory.
# TYPE workspace_vm_memory_bytes gauge
workspace_vm_memory_bytes{jobid="42",uid="1000"} 352321536
workspace_vm_memory_bytes{jobid="43",uid="0"} 0
# HELP workspace_vm_cpu_seconds_total CPU time of the VM.
# TYPE workspace_vm_cpu_seconds_total counter
workspace_vm_cpu_seconds_total{jobid="42",uid="1000"} 12.345
# HELP workspace_vm_memory_peak_bytes The most of the node's memory that the VM has held.
# TYPE workspace_vm_memory_peak_bytes gauge
workspace_vm_memory_peak_bytes{jobid="42",uid="1000"} 1048576
# HELP workspace_vm_disk_read_bytes_total Bytes that the VM read from its image and its scratch disk.
# TYPE workspace_vm_disk_read_bytes_total counter
workspace_vm_disk_read_bytes_total{jobid="42",uid="1000"} 3
# HELP workspace_vm_disk_written_bytes_total Bytes that the VM wrote to its scratch disk.
# TYPE workspace_vm_disk_written_bytes_total counter
workspace_vm_disk_written_bytes_total{jobid="42",uid="1000"} 4
# HELP workspace_vm_network_received_bytes_total Bytes that the VM received.
# TYPE workspace_vm_network_received_bytes_total counter
workspace_vm_network_received_bytes_total{jobid="42",uid="1000"} 5
# HELP workspace_vm_network_sent_bytes_total Bytes that the VM sent.
# TYPE workspace_vm_network_sent_bytes_total counter
workspace_vm_network_sent_bytes_total{jobid="42",uid="1000"} 6
)");
}

std::set<std::string> metrics_in(const std::string& text) {
  static const std::regex name("workspace_[a-z_]+");
  return {std::sregex_token_iterator(text.begin(), text.end(), name), std::sregex_token_iterator()};
}

TEST(Dashboard, AsksForMetricsThatThereAre) {
  const std::string dashboard = read_file(
      std::string(workspace::testing::kSourceDir) + "/examples/grafana-dashboard.json", 1 << 20);
  const auto asked = metrics_in(dashboard);
  EXPECT_GT(asked.size(), 10U);
  JobTotals totals;
  totals.boot_steps_ms["stage"] = totals.teardown_steps_ms["disk"] = 1;
  const auto told = metrics_in(totals.to_prometheus() + vm_metrics(some_samples()));
  for (const auto& name : asked) EXPECT_TRUE(told.contains(name)) << name;
}

}  // namespace
}  // namespace workspace::cli
