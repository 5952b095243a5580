#include "spank_plugin/step_vcpus.h"

namespace workspace {

std::vector<std::uint32_t> step_vcpus(const std::vector<std::uint32_t>& job_cpus,
                                      const cpu_set_t& bound) {
  std::vector<std::uint32_t> vcpus;
  for (std::uint32_t vcpu = 0; vcpu < job_cpus.size(); ++vcpu) {
    if (job_cpus[vcpu] < CPU_SETSIZE && CPU_ISSET(job_cpus[vcpu], &bound)) vcpus.push_back(vcpu);
  }
  if (vcpus.size() == job_cpus.size()) vcpus.clear();
  return vcpus;
}

cpu_set_t own_cpus(const std::vector<std::uint32_t>& job_cpus, const cpu_set_t& bound) {
  cpu_set_t jobs;
  CPU_ZERO(&jobs);
  for (const auto cpu : job_cpus)
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &jobs);
  cpu_set_t both;
  CPU_AND(&both, &jobs, &bound);
  if (CPU_COUNT(&jobs) == 0) return bound;
  return CPU_COUNT(&both) == 0 ? jobs : both;
}

}  // namespace workspace
