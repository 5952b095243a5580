#include "libworkspace/lifecycle/sizing.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

/// Below this no guest kernel comes up, whatever the image says.
constexpr std::uint64_t kLeastMemoryMib = 48;
/// Of a job's memory the part that its VM's own cost grows with.
constexpr std::uint64_t kOverheadPart = 64;
/// As Slurm itself calls the generic resource that --gpus asks for (gres.conf(5)).
constexpr std::string_view kGpu = "gpu";

std::uint64_t least_memory_mib(const Manifest& image) {
  return std::max(image.needs.memory_mib, kLeastMemoryMib);
}

std::string image_of(const Manifest& image) {
  return "image '" + image.name.text() + ":" + image.version.text() + "'";
}

/// Of the node's devices those that the job has and its VM gets (device_plan.h).
std::size_t gpus_inside(const Allocation& allocation, const SiteConfig& site) {
  const bool passed = std::any_of(site.devices.begin(), site.devices.end(),
                                  [](const SiteDevices& table) { return table.gres == kGpu; });
  std::size_t count = 0;
  for (const auto& gres : allocation.gres)
    if (passed && gres.name == kGpu) count += gres.indices.size();
  return count;
}

}  // namespace

std::uint64_t vm_overhead_mib(std::uint64_t job_memory_mib, const SiteConfig& site) {
  return std::max(site.memory_overhead_mib, job_memory_mib / kOverheadPart);
}

std::uint64_t least_job_memory_mib(const Manifest& image, const SiteConfig& site) {
  const std::uint64_t guest = least_memory_mib(image);
  // With this, rounded up, a 64th of the whole is kept.
  const std::uint64_t part = (guest + kOverheadPart - 2) / (kOverheadPart - 1);
  return guest + std::max(site.memory_overhead_mib, part);
}

VmSize size_vm(const Allocation& allocation, const Manifest& image, const SiteConfig& site) {
  if (allocation.cpus < image.needs.vcpus) {
    throw Error(ErrorKind::kExceeded,
                image_of(image) + " needs " + std::to_string(image.needs.vcpus) +
                    " CPUs on each node, but the job has " + std::to_string(allocation.cpus) +
                    " on " + allocation.node_name + "; ask for more with --cpus-per-task");
  }
  const std::uint64_t least = least_job_memory_mib(image, site);
  if (allocation.memory_mib < least) {
    throw Error(ErrorKind::kExceeded,
                image_of(image) + " needs " + format_size_mib(least_memory_mib(image)) +
                    " of memory and its VM " + format_size_mib(least - least_memory_mib(image)) +
                    ", but the job has " + format_size_mib(allocation.memory_mib) + " on " +
                    allocation.node_name + "; ask for --mem=" + format_size_mib(least));
  }
  return {allocation.cpus, allocation.memory_mib - vm_overhead_mib(allocation.memory_mib, site)};
}

void check_kind_of_node(const Allocation& allocation, const Manifest& image, const SiteConfig& site,
                        std::string_view machine) {
  if (image.needs.architecture != machine) {
    throw Error(ErrorKind::kDenied,
                image_of(image) + " is for " + image.needs.architecture + ", but " +
                    allocation.node_name + " is " + printable(machine, 32) +
                    "; ask for nodes of its kind with --constraint or --partition");
  }
  const std::size_t gpus = gpus_inside(allocation, site);
  if (gpus < image.needs.gpus) {
    throw Error(ErrorKind::kExceeded,
                image_of(image) + " needs " + std::to_string(image.needs.gpus) +
                    " GPUs on each node, but the job's VM has " + std::to_string(gpus) + " on " +
                    allocation.node_name + "; ask for --gpus-per-node=" +
                    std::to_string(image.needs.gpus) + ", where the site passes GPUs to VMs");
  }
}

std::uint64_t size_disk_mib(std::uint64_t asked_mib, const Manifest& image,
                            const SiteConfig& site) {
  const std::uint64_t mib =
      asked_mib == 0 ? std::max(site.disk_default_mib, image.needs.disk_mib) : asked_mib;
  if (mib > site.disk_max_mib) {
    throw Error(ErrorKind::kExceeded, "a scratch disk of " + format_size_mib(mib) +
                                          " is more than this site gives; ask for "
                                          "--workspace-disk=" +
                                          format_size_mib(site.disk_max_mib) + " at most");
  }
  if (mib < image.needs.disk_mib) {
    throw Error(ErrorKind::kExceeded,
                image_of(image) + " needs a scratch disk of " +
                    format_size_mib(image.needs.disk_mib) +
                    "; ask for --workspace-disk=" + format_size_mib(image.needs.disk_mib));
  }
  return mib;
}

}  // namespace workspace
