#include "libworkspace/lifecycle/device_plan.h"

#include <algorithm>

#include "libworkspace/base/error.h"

namespace workspace {

std::vector<PciAddress> plan_devices(const Allocation& allocation, const SiteConfig& site) {
  std::vector<PciAddress> planned;
  for (const auto& gres : allocation.gres) {
    const auto table = std::find_if(site.devices.begin(), site.devices.end(),
                                    [&](const auto& known) { return known.gres == gres.name; });
    if (table == site.devices.end()) continue;
    for (const auto index : gres.indices) {
      if (index >= table->devices.size()) {
        throw Error(ErrorKind::kHost, "the job has " + gres.name + " " + std::to_string(index) +
                                          " of " + allocation.node_name +
                                          ", but devices in workspace.yaml names only " +
                                          std::to_string(table->devices.size()) + " there");
      }
      const auto& addresses = table->devices[index];
      planned.insert(planned.end(), addresses.begin(), addresses.end());
    }
  }
  return planned;
}

}  // namespace workspace
