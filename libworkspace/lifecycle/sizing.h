#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libworkspace/model/allocation.h"
#include "libworkspace/model/manifest.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// The size of a job's VM on this node.
struct VmSize {
  std::uint32_t vcpus = 0;
  std::uint64_t memory_mib = 0;
};

/// What of a job's memory on a node is kept for its VM's own cost: the site's overhead, or a 64th
/// of the memory where that is more. The tables of a guest's pages grow with it: the kernel's and
/// KVM's are each a 512th of the memory (8 bytes for 4 KiB), Xen's shadow pool is a 128th
/// (libxl_get_required_shadow_memory()).
std::uint64_t vm_overhead_mib(std::uint64_t job_memory_mib, const SiteConfig& site);

/// The least memory of a job, on each node, that the image's VM fits into: what the image needs and
/// the VM's own cost.
std::uint64_t least_job_memory_mib(const Manifest& image, const SiteConfig& site);

/// Exactly the job's allocation: a vCPU for each allocated CPU, its memory less
/// the VM's own cost. Errors: kExceeded when that is below what the image needs, with what to ask
/// for instead.
VmSize size_vm(const Allocation& allocation, const Manifest& image, const SiteConfig& site);

/// Refuses a job whose VM has not the GPUs that the image needs, which are those of the job's that
/// the site passes through; and an image of another architecture than `machine`, the node's as
/// uname(2) names it. Errors: kExceeded; kDenied.
void check_kind_of_node(const Allocation& allocation, const Manifest& image, const SiteConfig& site,
                        std::string_view machine);

/// The size of a job's scratch disk. Errors: kExceeded above the site's limit, or below what the
/// image needs.
std::uint64_t size_disk_mib(std::uint64_t asked_mib, const Manifest& image, const SiteConfig& site);

}  // namespace workspace
