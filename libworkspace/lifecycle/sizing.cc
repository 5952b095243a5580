#include "libworkspace/lifecycle/sizing.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

/// Below this no guest kernel comes up, whatever the image says.
constexpr std::uint64_t kLeastMemoryMib = 48;
/// Of a job's memory the part that its VM's own cost grows with.
constexpr std::uint64_t kOverheadPart = 64;

std::uint64_t least_memory_mib(const Manifest& image) {
  return std::max(image.needs.memory_mib, kLeastMemoryMib);
}

std::string image_of(const Manifest& image) {
  return "image '" + image.name.text() + ":" + image.version.text() + "'";
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
