#pragma once

#include <sched.h>

#include <cstdint>
#include <vector>

namespace workspace {

/// The numbers of the VM's vCPUs that stand for the CPUs to which Slurm has bound a task.
///
/// `job_cpus` are the machine's CPUs behind the vCPUs, in the vCPUs' order; `bound` is the task's
/// affinity on the node, by sched_getaffinity(2). Empty, which means no binding, when the task may
/// use all of the job's CPUs, when none of them is among its CPUs, or when `job_cpus` is empty:
/// the machine's numbers are then not known.
std::vector<std::uint32_t> step_vcpus(const std::vector<std::uint32_t>& job_cpus,
                                      const cpu_set_t& bound);

/// The CPUs of the node that a task's process there is to run on: those of `job_cpus` that Slurm
/// has bound it to, and where it has bound it to none of them, all of `job_cpus`. An empty
/// `job_cpus` leaves it as it is bound.
cpu_set_t own_cpus(const std::vector<std::uint32_t>& job_cpus, const cpu_set_t& bound);

}  // namespace workspace
