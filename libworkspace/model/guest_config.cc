#include "libworkspace/model/guest_config.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"

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

GuestConfig parse_fields(std::string_view text) {
  Fields fields = Fields::from_lines(text);
  if (fields.take("version") != "1") throw Error(ErrorKind::kInvalid, "its version is not 1");
  GuestConfig config(JobId::parse(fields.take("job_id")));
  config.hostname = fields.take("hostname");
  config.token = fields.take("token");
  config.guest_address = fields.take("guest_address");
  config.prefix_length = static_cast<std::uint32_t>(fields.take_number("prefix_length", 32));
  config.port = static_cast<std::uint16_t>(fields.take_number("port", UINT16_MAX));
  config.root_device = fields.take("root_device");
  config.root_format = parse_root_format(fields.take("root_format"));
  config.scratch_device = fields.take("scratch_device");
  config.user_name = fields.take("user_name");
  config.uid = static_cast<std::uint32_t>(fields.take_number("uid", UINT32_MAX));
  config.gid = static_cast<std::uint32_t>(fields.take_number("gid", UINT32_MAX));
  config.home = fields.take("home");
  config.shell = fields.take("shell");
  config.groups = parse_groups(fields.take("groups"));
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
  fields.add("guest_address", guest_address);
  fields.add("prefix_length", std::uint64_t{prefix_length});
  fields.add("port", std::uint64_t{port});
  fields.add("root_device", root_device);
  fields.add("root_format", name_of(root_format));
  fields.add("scratch_device", scratch_device);
  fields.add("user_name", user_name);
  fields.add("uid", std::uint64_t{uid});
  fields.add("gid", std::uint64_t{gid});
  fields.add("home", home);
  fields.add("shell", shell);
  fields.add("groups", format_groups(groups));
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
