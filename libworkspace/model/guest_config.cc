#include "libworkspace/model/guest_config.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/variable_names.h"

namespace workspace {
namespace {

std::vector<std::pair<std::string, std::uint32_t>> parse_groups(std::string_view text) {
  std::vector<std::pair<std::string, std::uint32_t>> groups;
  if (text.empty()) return groups;
  for (const auto& entry : split(text, ',')) {
    const auto colon = entry.rfind(':');
    const auto gid = colon == std::string::npos
                         ? std::nullopt
                         : parse_decimal(std::string_view(entry).substr(colon + 1), UINT32_MAX);
    if (!gid || colon == 0)
      throw Error(ErrorKind::kInvalid, "'" + printable(entry, 64) + "' is not GROUP:GID");
    groups.emplace_back(entry.substr(0, colon), static_cast<std::uint32_t>(*gid));
  }
  return groups;
}

std::string format_groups(const std::vector<std::pair<std::string, std::uint32_t>>& groups) {
  std::vector<std::string> texts;
  for (const auto& [name, gid] : groups) texts.push_back(name + ":" + std::to_string(gid));
  return join(texts, ",");
}

std::vector<std::pair<std::string, std::string>> parse_hosts(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> hosts;
  if (text.empty()) return hosts;
  for (const auto& entry : split(text, ',')) {
    const auto colon = entry.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == entry.size())
      throw Error(ErrorKind::kInvalid, "'" + printable(entry, 64) + "' is not NAME:ADDRESS");
    hosts.emplace_back(entry.substr(0, colon), entry.substr(colon + 1));
  }
  return hosts;
}

std::string format_hosts(const std::vector<std::pair<std::string, std::string>>& hosts) {
  std::vector<std::string> texts;
  for (const auto& [name, address] : hosts) {
    texts.push_back(name);
    texts.back() += ":" + address;
  }
  return join(texts, ",");
}

std::optional<GuestPrivateNic> take_private_nic(Fields& fields) {
  if (!fields.has("private_address")) return std::nullopt;
  GuestPrivateNic nic;
  nic.mac = fields.take("private_mac");
  nic.address = fields.take("private_address");
  nic.prefix_length = static_cast<std::uint32_t>(fields.take_number("private_prefix_length", 32));
  nic.mtu_bytes = static_cast<std::uint32_t>(fields.take_number("private_mtu", UINT16_MAX));
  return nic;
}

std::optional<GuestSshKeys> take_ssh_keys(Fields& fields) {
  if (!fields.has("ssh_user_private")) return std::nullopt;
  GuestSshKeys keys;
  keys.user_private = fields.take("ssh_user_private");
  keys.user_public = fields.take("ssh_user_public");
  keys.host_private = fields.take("ssh_host_private");
  keys.host_public = fields.take("ssh_host_public");
  return keys;
}

std::vector<std::pair<std::string, std::string>> parse_image_env(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> env;
  if (text.empty()) return env;
  for (const auto& entry : split(text, '\n')) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos)
      throw Error(ErrorKind::kInvalid, "'" + printable(entry, 64) + "' is not NAME=VALUE");
    check_variable_name(entry.substr(0, equals));
    env.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return env;
}

std::string format_image_env(const std::vector<std::pair<std::string, std::string>>& env) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : env) {
    texts.push_back(name);
    texts.back() += "=" + value;
  }
  return join(texts, "\n");
}

GuestTaskRules take_task_rules(Fields& fields) {
  GuestTaskRules rules;
  rules.image = fields.take("image");
  rules.image_env = parse_image_env(fields.take_or("image_env", ""));
  rules.outside_variables = parse_variable_names(fields.take_or("outside_variables", ""));
  rules.working_directory = fields.take_or("working_directory", "");
  rules.image_working_directory = fields.take_or("image_working_directory", "");
  return rules;
}

void add_task_rules(Fields& fields, const GuestTaskRules& rules) {
  fields.add("image", rules.image);
  if (!rules.image_env.empty()) fields.add("image_env", format_image_env(rules.image_env));
  if (!rules.outside_variables.empty())
    fields.add("outside_variables", join(rules.outside_variables, ","));
  if (!rules.working_directory.empty()) fields.add("working_directory", rules.working_directory);
  if (!rules.image_working_directory.empty())
    fields.add("image_working_directory", rules.image_working_directory);
}

GuestConfig parse_fields(std::string_view text) {
  Fields fields = Fields::from_lines(text);
  if (fields.take("version") != "1") throw Error(ErrorKind::kInvalid, "its version is not 1");
  GuestConfig config(JobId::parse(fields.take("job_id")));
  config.hostname = fields.take("hostname");
  config.token = fields.take("token");
  config.control_mac = fields.take("control_mac");
  config.guest_address = fields.take("guest_address");
  config.prefix_length = static_cast<std::uint32_t>(fields.take_number("prefix_length", 32));
  config.port = static_cast<std::uint16_t>(fields.take_number("port", UINT16_MAX));
  config.private_nic = take_private_nic(fields);
  config.hosts = parse_hosts(fields.take_or("hosts", ""));
  config.ssh_keys = take_ssh_keys(fields);
  config.root_device = fields.take("root_device");
  config.root_format = parse_root_format(fields.take("root_format"));
  if (fields.has("layer_devices")) config.layer_devices = split(fields.take("layer_devices"), ',');
  config.scratch_device = fields.take("scratch_device");
  config.user_name = fields.take("user_name");
  config.uid = static_cast<std::uint32_t>(fields.take_number("uid", UINT32_MAX));
  config.gid = static_cast<std::uint32_t>(fields.take_number("gid", UINT32_MAX));
  config.home = fields.take("home");
  config.shell = fields.take("shell");
  config.groups = parse_groups(fields.take("groups"));
  config.root_inside = fields.take_number("root_inside", 1) == 1;
  config.own_init = fields.has("own_init") && fields.take_number("own_init", 1) == 1;
  config.mounts_folders =
      fields.has("mounts_folders") && fields.take_number("mounts_folders", 1) == 1;
  config.task_rules = take_task_rules(fields);
  fields.expect_empty();
  return config;
}

}  // namespace

std::string_view name_of(RootFormat format) {
  return format == RootFormat::kSquashfs ? "squashfs" : "ext4";
}

RootFormat parse_root_format(std::string_view text) {
  for (const auto format : {RootFormat::kSquashfs, RootFormat::kExt4}) {
    if (text == name_of(format)) return format;
  }
  throw Error(ErrorKind::kInvalid, "'" + printable(text, 32) +
                                       "' is not a format of a root file system; expected "
                                       "squashfs or ext4");
}

std::string GuestConfig::to_lines() const {
  Fields fields;
  fields.add("version", "1");
  fields.add("job_id", job.to_string());
  fields.add("hostname", hostname);
  fields.add("token", token);
  fields.add("control_mac", control_mac);
  fields.add("guest_address", guest_address);
  fields.add("prefix_length", std::uint64_t{prefix_length});
  fields.add("port", std::uint64_t{port});
  if (private_nic) {
    fields.add("private_mac", private_nic->mac);
    fields.add("private_address", private_nic->address);
    fields.add("private_prefix_length", std::uint64_t{private_nic->prefix_length});
    fields.add("private_mtu", std::uint64_t{private_nic->mtu_bytes});
  }
  if (!hosts.empty()) fields.add("hosts", format_hosts(hosts));
  if (ssh_keys) {
    fields.add("ssh_user_private", ssh_keys->user_private);
    fields.add("ssh_user_public", ssh_keys->user_public);
    fields.add("ssh_host_private", ssh_keys->host_private);
    fields.add("ssh_host_public", ssh_keys->host_public);
  }
  fields.add("root_device", root_device);
  fields.add("root_format", name_of(root_format));
  if (!layer_devices.empty()) fields.add("layer_devices", join(layer_devices, ","));
  fields.add("scratch_device", scratch_device);
  fields.add("user_name", user_name);
  fields.add("uid", std::uint64_t{uid});
  fields.add("gid", std::uint64_t{gid});
  fields.add("home", home);
  fields.add("shell", shell);
  fields.add("groups", format_groups(groups));
  fields.add("root_inside", std::uint64_t{root_inside});
  if (own_init) fields.add("own_init", std::uint64_t{1});
  if (mounts_folders) fields.add("mounts_folders", std::uint64_t{1});
  add_task_rules(fields, task_rules);
  return fields.to_lines();
}

GuestConfig GuestConfig::parse(std::string_view text) {
  try {
    return parse_fields(text);
  } catch (Error& e) {
    throw e.in("the guest's configuration is malformed");
  }
}

}  // namespace workspace
