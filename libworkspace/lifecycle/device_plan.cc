#include "libworkspace/lifecycle/device_plan.h"

#include <unistd.h>

#include <algorithm>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

void add_functions(std::vector<PlannedDevice>& planned, const SiteDevices& table,
                   std::size_t index) {
  for (const auto& address : table.devices[index])
    planned.push_back({table.gres + " " + std::to_string(index), address});
}

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

std::vector<PlannedDevice> plan_devices(const Allocation& allocation, const SiteConfig& site) {
  std::vector<PlannedDevice> planned;
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
      add_functions(planned, *table, index);
    }
  }
  return planned;
}

std::vector<PlannedDevice> all_devices(const SiteConfig& site) {
  std::vector<PlannedDevice> all;
  for (const auto& table : site.devices)
    for (std::size_t index = 0; index < table.devices.size(); ++index)
      add_functions(all, table, index);
  return all;
}

void check_device(const PlannedDevice& device, HypervisorKind kind, const std::string& sysfs) {
  const std::string folder = sysfs + "/bus/pci/devices/" + device.address.to_string();
  const std::string name = "PCI device " + device.address.to_string() + " (" + device.gres + ")";
  if (!is_there(folder)) {
    throw Error(ErrorKind::kHost,
                "the node has no " + name + "; correct devices in workspace.yaml by lspci -D");
  }
  if (kind == HypervisorKind::kQemu && !is_there(folder + "/iommu_group")) {
    throw Error(ErrorKind::kHost, name +
                                      " cannot be passed to a VM without an IOMMU; turn it on in "
                                      "the firmware and boot the node with intel_iommu=on");
  }
  if (kind == HypervisorKind::kXen && !is_there(sysfs + "/bus/pci/drivers/pciback")) {
    throw Error(ErrorKind::kHost,
                name + " cannot be passed to a VM without Xen's driver; modprobe xen-pciback");
  }
}

std::vector<PciAddress> find_devices(const Allocation& allocation, const SiteConfig& site,
                                     HypervisorKind kind) {
  std::vector<PciAddress> addresses;
  for (const auto& device : plan_devices(allocation, site)) {
    check_device(device, kind);
    addresses.push_back(device.address);
  }
  return addresses;
}

}  // namespace workspace
