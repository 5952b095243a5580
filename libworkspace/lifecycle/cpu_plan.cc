#include "libworkspace/lifecycle/cpu_plan.h"

#include "libworkspace/base/log.h"
#include "libworkspace/slurm/cpu_map.h"

namespace workspace {

CpuPlan plan_cpus(const Allocation& allocation, const CpuTopology& topology, HypervisorKind kind,
                  const SiteConfig& site) {
  CpuPlan plan;
  plan.allocated = machine_cpus(allocation, topology);
  if (!site.pin_vcpus) return plan;
  if (plan.allocated.empty()) {
    log_warning("the job's CPUs are not bound: slurm.conf states " +
                std::to_string(allocation.node_cpus) + " CPUs for " + allocation.node_name +
                ", the machine has " + std::to_string(topology.size()) +
                "; see workspace node config");
    return plan;
  }
  plan.pinned = plan.allocated;
  if (kind == HypervisorKind::kQemu) plan.helpers = plan.allocated;
  plan.numa_node = common_numa_node(plan.pinned, topology);
  return plan;
}

}  // namespace workspace
