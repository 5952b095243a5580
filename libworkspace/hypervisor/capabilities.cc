#include "libworkspace/hypervisor/capabilities.h"

#include <pugixml.hpp>
#include <string>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// Reads `+64055:+64055`, the form in which libvirt gives numbers.
std::optional<QemuUser> parse_base_label(std::string_view label) {
  const auto parts = split(label, ':');
  if (parts.size() != 2 || !parts[0].starts_with('+') || !parts[1].starts_with('+'))
    return std::nullopt;
  const auto uid = parse_decimal(std::string_view(parts[0]).substr(1), UINT32_MAX);
  const auto gid = parse_decimal(std::string_view(parts[1]).substr(1), UINT32_MAX);
  if (!uid || !gid) return std::nullopt;
  return QemuUser{static_cast<std::uint32_t>(*uid), static_cast<std::uint32_t>(*gid)};
}

std::optional<QemuUser> qemu_user(pugi::xml_node host) {
  for (const auto model : host.children("secmodel")) {
    if (std::string_view(model.child_value("model")) != "dac") continue;
    return parse_base_label(model.child_value("baselabel"));
  }
  return std::nullopt;
}

CpuTopology cpus(pugi::xml_node host) {
  CpuTopology found;
  for (const auto cell : host.child("topology").child("cells").children("cell")) {
    for (const auto cpu : cell.child("cpus").children("cpu")) {
      // A CPU that is offline has a number and no place.
      if (!cpu.attribute("socket_id") || !cpu.attribute("core_id")) continue;
      found.push_back({cpu.attribute("id").as_uint(), cpu.attribute("socket_id").as_uint(),
                       cpu.attribute("core_id").as_uint(), cell.attribute("id").as_uint()});
    }
  }
  return found;
}

}  // namespace

Capabilities parse_capabilities(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size()))
    throw Error(ErrorKind::kHost, "libvirt's capabilities are not XML");
  const pugi::xml_node root = document.child("capabilities");

  Capabilities result;
  for (const auto guest : root.children("guest")) {
    const pugi::xml_node arch = guest.child("arch");
    if (std::string_view(arch.attribute("name").value()) != "x86_64") continue;
    if (arch.find_child_by_attribute("domain", "type", "kvm")) result.offers_kvm = true;
    if (std::string_view(guest.child_value("os_type")) == "xenpvh") result.offers_xen_pvh = true;
  }
  result.qemu_user = qemu_user(root.child("host"));
  result.cpus = cpus(root.child("host"));
  return result;
}

}  // namespace workspace
