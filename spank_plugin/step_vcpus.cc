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

}  // namespace workspace
