#include "libworkspace/catalog/site_config_file.h"

#include <algorithm>
#include <array>
#include <set>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/access_keys.h"
#include "libworkspace/catalog/cap_keys.h"
#include "libworkspace/catalog/name_pattern.h"
#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/catalog/yaml_values.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxBytes = 65536;

Error invalid(const std::string& why) { return {ErrorKind::kInvalid, why}; }

std::string parse_hypervisor(const std::string& text) {
  if (text == "xen:///system" || text == "qemu:///system") return text;
  throw invalid("hypervisor '" + printable(text, 64) +
                "' is not known; there are xen:///system and qemu:///system");
}

Acceleration parse_acceleration(const std::string& text) {
  if (text == "auto") return Acceleration::kAuto;
  if (text == "kvm") return Acceleration::kKvm;
  if (text == "tcg") return Acceleration::kTcg;
  throw invalid("acceleration '" + printable(text, 32) +
                "' is not known; there are auto, kvm, tcg");
}

bool parse_private_network(const std::string& text) {
  if (text == "auto") return true;
  if (text == "none") return false;
  throw invalid("private_network '" + printable(text, 32) + "' is not known; there are auto, none");
}

std::uint16_t parse_vxlan_port(const std::string& text) {
  const auto port = parse_decimal(text, VxlanId::kHighestFirstPort);
  if (!port || *port < 1024) {
    throw invalid("private_network_port '" + printable(text, 32) + "' is not a port from 1024 to " +
                  std::to_string(VxlanId::kHighestFirstPort));
  }
  return static_cast<std::uint16_t>(*port);
}

/// Sets `value` if the key is there.
template <class Value, class Parse>
void set(const YamlMap& map, std::string_view key, Value& value, Parse parse) {
  if (auto given = map.optional(key, parse)) value = Value(*std::move(given));
}

void set_path(const YamlMap& map, std::string_view key, std::string& value) {
  set(map, key, value, [&](const std::string& text) { return check_absolute_path(text, key); });
}

void set_path_or_none(const YamlMap& map, std::string_view key, std::string& value) {
  set(map, key, value, [&](const std::string& text) {
    return text == "none" ? "" : check_absolute_path(text, key);
  });
}

void set_size(const YamlMap& map, std::string_view key, std::uint64_t& value_mib) {
  set(map, key, value_mib, [&](const std::string& text) { return parse_size_mib(text, key); });
}

void set_count(const YamlMap& map, std::string_view key, std::uint64_t& value) {
  set(map, key, value,
      [&](const std::string& text) { return yaml_values::parse_number(key, text, 1'000'000); });
}

void set_switch(const YamlMap& map, std::string_view key, bool& value) {
  set(map, key, value,
      [&](const std::string& text) { return yaml_values::parse_switch(key, text); });
}

void set_timeout(const YamlMap& map, std::string_view key, std::chrono::milliseconds& value) {
  set(map, key, value, [&](const std::string& text) {
    const std::uint64_t ms = parse_duration_ms(text, key);
    if (ms == 0) throw invalid(std::string(key) + " must be longer than 0");
    return ms;
  });
}

/// `all`, `none`, or a list of commands.
void set_host_commands(const YamlMap& map, HostCommands& value) {
  if (!map.holds_list("host_commands")) {
    set(map, "host_commands", value, HostCommands::parse);
    return;
  }
  const auto names = map.optional_list("host_commands", [](const std::string& name) {
    HostCommands::parse(name);
    return name;
  });
  value = HostCommands::of(*names);
}

/// Rules by patterns of image names, in the file's order.
void set_access(const YamlMap& map, std::vector<SiteAccess>& value) {
  const auto access = map.optional_map("access");
  if (!access) return;
  for (const auto& pattern : access->keys([](const std::string& key) { parse_name_pattern(key); }))
    value.push_back({pattern, access_keys::read(access->required_map(pattern))});
}

/// `0000:3b:00.0`, or more functions of one device: `0000:3b:00.0+0000:3b:00.1`.
std::vector<PciAddress> parse_device(const std::string& text) {
  std::vector<PciAddress> functions;
  for (const auto& address : split(text, '+')) functions.push_back(PciAddress::parse(address));
  return functions;
}

void check_gres_name(const std::string& name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  if (name.empty() || name.find_first_not_of(kAllowed) != std::string::npos)
    throw invalid("'" + printable(name, 64) + "' is no name of generic resources");
}

/// No device may be given to two jobs at once.
void check_devices_once(const YamlMap& map, const std::vector<SiteDevices>& tables) {
  std::set<PciAddress> seen;
  for (const auto& table : tables)
    for (const auto& device : table.devices)
      for (const auto& address : device)
        if (!seen.insert(address).second)
          map.refuse_value("devices", address.to_string() + " is there twice");
}

void set_devices(const YamlMap& map, std::vector<SiteDevices>& value) {
  const auto devices = map.optional_map("devices");
  if (!devices) return;
  for (const auto& name : devices->keys(check_gres_name)) {
    if (auto list = devices->optional_list(name, parse_device))
      value.push_back({name, *std::move(list)});
  }
  check_devices_once(map, value);
}

}  // namespace

std::string site_config_path() { return std::string(build_paths::kSysconfDir) + "/workspace.yaml"; }

namespace {

constexpr auto kKeys = std::to_array<std::string_view>({"hypervisor",
                                                        "acceleration",
                                                        "store",
                                                        "cache",
                                                        "cache_max",
                                                        "prefer_cached",
                                                        "scratch",
                                                        "kernel",
                                                        "initrd",
                                                        "kernel_options",
                                                        "memory_overhead",
                                                        "disk_default",
                                                        "disk_max",
                                                        "disk_reserve",
                                                        "caps",
                                                        "devices",
                                                        "save_max",
                                                        "user_saves_max",
                                                        "user_saves_size_max",
                                                        "save_timeout",
                                                        "boot_timeout",
                                                        "shutdown_timeout",
                                                        "pin_vcpus",
                                                        "private_network",
                                                        "private_network_subnet",
                                                        "private_network_port",
                                                        "mounts",
                                                        "host_commands",
                                                        "slurm_bin",
                                                        "require_approval",
                                                        "keys",
                                                        "catalogs",
                                                        "catalog_keys",
                                                        "access",
                                                        "audit_log",
                                                        "reports",
                                                        "reports_max",
                                                        "metrics",
                                                        "report_program",
                                                        "digest_shown_in"});

SiteConfig read_keys(const YamlMap& map) {
  map.allow_only(kKeys);
  SiteConfig config;
  set(map, "hypervisor", config.hypervisor, parse_hypervisor);
  set(map, "acceleration", config.acceleration, parse_acceleration);
  set_path(map, "store", config.store);
  set_path(map, "cache", config.cache);
  set_size(map, "cache_max", config.cache_max_mib);
  set_switch(map, "prefer_cached", config.prefer_cached);
  set_path(map, "scratch", config.scratch);
  set_path(map, "kernel", config.kernel);
  set_path(map, "initrd", config.initrd);
  set(map, "kernel_options", config.kernel_options, yaml_values::parse_kernel_options);
  set_size(map, "memory_overhead", config.memory_overhead_mib);
  set_size(map, "disk_default", config.disk_default_mib);
  set_size(map, "disk_max", config.disk_max_mib);
  set_switch(map, "disk_reserve", config.disk_reserve);
  if (const auto caps = map.optional_map("caps")) config.caps = cap_keys::read_site(*caps);
  set_size(map, "save_max", config.save_max_mib);
  set_count(map, "user_saves_max", config.user_saves_max);
  set_size(map, "user_saves_size_max", config.user_saves_size_max_mib);
  set_timeout(map, "save_timeout", config.save_timeout);
  set_timeout(map, "boot_timeout", config.boot_timeout);
  set_timeout(map, "shutdown_timeout", config.shutdown_timeout);
  set_switch(map, "pin_vcpus", config.pin_vcpus);
  set_devices(map, config.devices);
  set(map, "private_network", config.private_network, parse_private_network);
  set(map, "private_network_subnet", config.private_network_subnet, [](const std::string& range) {
    try {
      return PrivateSubnet::parse(range);
    } catch (Error& e) {
      throw e.in("private_network_subnet");
    }
  });
  set(map, "private_network_port", config.private_network_port, parse_vxlan_port);
  if (auto mounts = yaml_values::read_mounts(map, "mounts", "a site"))
    config.mounts = *std::move(mounts);
  set_host_commands(map, config.host_commands);
  set_path(map, "slurm_bin", config.slurm_bin);
  set_switch(map, "require_approval", config.require_approval);
  set_path(map, "keys", config.keys);
  set_path(map, "catalogs", config.catalogs);
  set_path(map, "catalog_keys", config.catalog_keys);
  set_access(map, config.access);
  set_path(map, "audit_log", config.audit_log);
  set_path(map, "reports", config.reports);
  set_count(map, "reports_max", config.reports_max);
  set_path_or_none(map, "metrics", config.metrics);
  set_path_or_none(map, "report_program", config.report_program);
  set(map, "digest_shown_in", config.digest_shown_in, parse_digest_place);
  if (config.disk_default_mib > config.disk_max_mib) {
    map.refuse_value(map.has("disk_max") ? "disk_max" : "disk_default",
                     "disk_default (" + format_size_mib(config.disk_default_mib) +
                         ") is larger than disk_max (" + format_size_mib(config.disk_max_mib) +
                         ")");
  }
  return config;
}

}  // namespace

std::span<const std::string_view> site_config_keys() { return kKeys; }

SiteConfig parse_site_config(std::string_view text, const std::string& file) {
  return read_keys(YamlMap::parse(text, file));
}

SiteConfig check_site_config(std::string_view text, const std::string& file, YamlFaults& faults) {
  return read_keys(YamlMap::parse(text, file, faults));
}

SiteConfig check_site_config_file(const std::string& path, YamlFaults& faults) {
  const UniqueFd fd = open_trusted_file(path);
  return check_site_config(read_all(fd.get(), kMaxBytes, path), path, faults);
}

SiteConfig read_site_config(const std::string& path) {
  try {
    const UniqueFd fd = open_trusted_file(path);
    return parse_site_config(read_all(fd.get(), kMaxBytes, path), path);
  } catch (const Error& e) {
    throw Error(ErrorKind::kHost, "the site configuration cannot be used: " + e.text());
  }
}

}  // namespace workspace
