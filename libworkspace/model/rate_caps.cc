#include "libworkspace/model/rate_caps.h"

#include <algorithm>

namespace workspace {
namespace {

using Cap = std::optional<std::uint64_t>;

constexpr Cap RateCaps::*kCaps[] = {&RateCaps::disk_iops, &RateCaps::disk_kib_per_s,
                                    &RateCaps::network_in_kib_per_s,
                                    &RateCaps::network_out_kib_per_s};

RateCaps find(const std::map<std::string, RateCaps>& caps, const std::string& name) {
  const auto found = caps.find(name);
  return found == caps.end() ? RateCaps() : found->second;
}

}  // namespace

RateCaps RateCaps::or_else(const RateCaps& fallback) const {
  RateCaps caps = *this;
  for (const auto cap : kCaps)
    if (!(caps.*cap)) caps.*cap = fallback.*cap;
  return caps;
}

RateCaps RateCaps::narrowed_by(const RateCaps& other) const {
  RateCaps caps = or_else(other);
  for (const auto cap : kCaps)
    if (other.*cap) caps.*cap = std::min(*(caps.*cap), *(other.*cap));
  return caps;
}

RateCaps SiteCaps::of(const std::string& partition, const std::string& qos) const {
  return find(of_qos, qos).or_else(find(of_partitions, partition)).or_else(all);
}

bool SiteCaps::of_disks() const {
  const auto bounds_disks = [](const RateCaps& caps) {
    return bound_or_zero(caps.disk_iops) != 0 || bound_or_zero(caps.disk_kib_per_s) != 0;
  };
  const auto any_bounds = [&](const std::map<std::string, RateCaps>& named) {
    return std::any_of(named.begin(), named.end(),
                       [&](const auto& entry) { return bounds_disks(entry.second); });
  };
  const bool are_counted = !gres.disk_iops.empty() || !gres.disk_bandwidth.empty();
  return bounds_disks(all) || any_bounds(of_partitions) || any_bounds(of_qos) || are_counted;
}

std::uint64_t bound_or_zero(const std::optional<std::uint64_t>& cap) {
  return cap && *cap != RateCaps::kNone ? *cap : 0;
}

}  // namespace workspace
