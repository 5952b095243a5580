#include "libworkspace/lifecycle/vm_samples.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/reporting.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {

std::optional<VmSample> sample_vm(Node& node, JobId job) {
  const auto record = node.records.load(job);
  if (!record) return std::nullopt;
  VmSample sample(job);
  sample.uid = record->uid;
  sample.node = record->hostname;
  sample.state = name_of(record->state);
  sample.image = record->image;
  sample.vcpus = record->vcpus_now();
  sample.memory_mib = record->memory_now_mib();
  sample.disk_mib = record->disk_mib;
  sample.ready_unix_ms = record->ready_unix_ms;
  if (has_vm(record->state)) sample.usage = measure_vm(node, job);
  sample.time_unix_ms = unix_now_ms();
  return sample;
}

std::vector<VmSample> sample_vms(Node& node) {
  std::vector<JobId> jobs = node.records.jobs();
  std::sort(jobs.begin(), jobs.end());
  std::vector<VmSample> samples;
  for (const JobId job : jobs) {
    try {
      if (auto sample = sample_vm(node, job)) samples.push_back(*std::move(sample));
    } catch (const Error& e) {
      log_warning("job " + job.to_string() + ": " + e.text());
    }
  }
  return samples;
}

}  // namespace workspace
