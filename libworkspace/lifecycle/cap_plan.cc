#include "libworkspace/lifecycle/cap_plan.h"

#include <algorithm>
#include <optional>
#include <string>

namespace workspace {
namespace {

constexpr std::uint64_t kKibOfMib = 1024;

/// What the job has of `name`, of all types together, each of them so many, and no more than
/// `most`; nothing for a job that has none.
std::optional<std::uint64_t> counted(const Allocation& allocation, const std::string& name,
                                     std::uint64_t each, std::uint64_t most) {
  std::uint64_t sum = 0;
  for (const auto& gres : allocation.gres)
    if (gres.name == name) sum += std::min(gres.count, most / each) * each;
  if (sum == 0) return std::nullopt;
  return std::min(sum, most);
}

RateCaps counted_caps(const Allocation& allocation, const CapGres& gres) {
  const auto rate = [&](const std::string& name) {
    return counted(allocation, name, kKibOfMib, RateCaps::kMaxKibPerS);
  };
  return {counted(allocation, gres.disk_iops, 1, RateCaps::kMaxIops), rate(gres.disk_bandwidth),
          rate(gres.network_in), rate(gres.network_out)};
}

}  // namespace

RateCaps plan_caps(const Allocation& allocation, const Manifest& image, const SiteConfig& site) {
  return counted_caps(allocation, site.caps.gres)
      .or_else(site.caps.of(allocation.partition, allocation.qos))
      .narrowed_by(image.caps);
}

}  // namespace workspace
