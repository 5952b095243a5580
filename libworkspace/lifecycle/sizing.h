#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/model/allocation.h"
#include "libworkspace/model/manifest.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// The size of a job's VM on this node.
struct VmSize {
  std::uint32_t vcpus = 0;
  std::uint64_t memory_mib = 0;
};

/// The least memory of a job, on each node, that the image's VM fits into: what the image needs and
/// the VM's own cost.
std::uint64_t least_job_memory_mib(const Manifest& image, const SiteConfig& site);

/// Exactly the job's allocation: a vCPU for each allocated CPU, its memory less the site's
/// overhead. Errors: kExceeded when that is below what the image needs, with what to ask for
/// instead.
VmSize size_vm(const Allocation& allocation, const Manifest& image, const SiteConfig& site);

/// The size of a job's scratch disk. Errors: kExceeded above the site's limit, or below what the
/// image needs.
std::uint64_t size_disk_mib(std::uint64_t asked_mib, const Manifest& image, const SiteConfig& site);

}  // namespace workspace
