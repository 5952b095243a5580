#include "libworkspace/model/request.h"

#include <array>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/variable_names.h"

namespace workspace {
namespace {

constexpr std::string_view kVersionPrefix = "1 ";
constexpr std::uint64_t kMaxMib = std::uint64_t{1} << 30;

std::string parse_secret(std::string text) {
  constexpr std::size_t kBytes = 32;
  const auto bytes = from_hex(text);
  if (!text.empty() && (!bytes || bytes->size() != kBytes))
    throw Error(ErrorKind::kInvalid, "field 'secret' is not 64 hexadecimal digits");
  return text;
}

/// What the controller knows of a job before it runs.
constexpr std::array kControllersKinds = {AccessBy::kAccounts, AccessBy::kPartitions,
                                          AccessBy::kQos};

void add_access(Fields& fields, const AccessRules& access) {
  for (const AccessBy by : kControllersKinds) {
    const std::string name(name_of(by));
    if (at(access.allow, by)) fields.add("allow_" + name, join(*at(access.allow, by), ","));
    if (!at(access.deny, by).empty()) fields.add("deny_" + name, join(at(access.deny, by), ","));
  }
}

AccessNames take_names(Fields& fields, const std::string& field) {
  const std::string text = fields.take(field);
  AccessNames names;
  if (text.empty()) return names;
  for (const auto& name : split(text, ',')) names.push_back(parse_access_name(name));
  return names;
}

AccessRules take_access(Fields& fields) {
  AccessRules access;
  for (const AccessBy by : kControllersKinds) {
    const std::string name(name_of(by));
    if (fields.has("allow_" + name)) at(access.allow, by) = take_names(fields, "allow_" + name);
    if (fields.has("deny_" + name)) at(access.deny, by) = take_names(fields, "deny_" + name);
  }
  return access;
}

std::string parse_working_directory(const std::string& text) {
  return text.empty() ? text : check_absolute_path(text, "workspace workdir");
}

WorkspaceRequest parse_fields(std::string_view line) {
  if (line.size() > WorkspaceRequest::kMaxLineBytes) {
    throw Error(ErrorKind::kInvalid, "it has " + std::to_string(line.size()) + " bytes; at most " +
                                         std::to_string(WorkspaceRequest::kMaxLineBytes) +
                                         " are allowed");
  }
  if (!line.starts_with(kVersionPrefix)) {
    throw Error(ErrorKind::kInvalid,
                "it begins with '" + printable(line.substr(0, 16)) + "', not with the version '1'");
  }
  Fields fields = Fields::from_line(line.substr(kVersionPrefix.size()));
  WorkspaceRequest request{
      ImageName::parse(fields.take("image")),
      ImageVersion::parse(fields.take("version")),
      Digest::parse(fields.take("digest")),
      fields.take_number("disk_mib", kMaxMib),
      parse_mounts(fields.take_or("mounts", "")),
      fields.take_number("needs_memory_mib", kMaxMib),
      static_cast<std::uint32_t>(fields.take_number("needs_vcpus", 65535)),
      parse_secret(fields.take_or("secret", "")),
      take_access(fields),
      parse_digest_place(fields.take_or("shown_in", name_of(DigestPlace::kAdminComment))),
      parse_variable_names(fields.take_or("env", "")),
      parse_working_directory(fields.take_or("workdir", "")),
      fields.has("root") && fields.take_number("root", 1) == 1,
  };
  if (fields.has("save")) request.save_as = ImageName::parse(fields.take("save"));
  if (fields.has("prefer")) {
    if (fields.take("prefer") != node_feature(request.name))
      throw Error(ErrorKind::kInvalid, "field 'prefer' is not the feature of this image");
    request.prefer_cached = true;
  }
  for (const auto& mount : request.mounts) check_mount(mount);
  fields.expect_empty();
  return request;
}

}  // namespace

std::string WorkspaceRequest::to_line() const {
  Fields fields;
  fields.add("image", name.text());
  fields.add("version", version.text());
  fields.add("digest", digest.to_string());
  fields.add("disk_mib", disk_mib);
  if (!mounts.empty()) fields.add("mounts", format_mounts(mounts));
  fields.add("needs_memory_mib", needs_memory_mib);
  fields.add("needs_vcpus", std::uint64_t{needs_vcpus});
  if (!secret.empty()) fields.add("secret", secret);
  add_access(fields, access);
  if (shown_in != DigestPlace::kAdminComment) fields.add("shown_in", name_of(shown_in));
  if (!outside_variables.empty()) fields.add("env", join(outside_variables, ","));
  if (!working_directory.empty()) fields.add("workdir", working_directory);
  if (root_inside) fields.add("root", std::uint64_t{1});
  if (prefer_cached) fields.add("prefer", node_feature(name));
  if (save_as) fields.add("save", save_as->text());
  return std::string(kVersionPrefix) + fields.to_line();
}

WorkspaceRequest WorkspaceRequest::parse(std::string_view line) {
  try {
    return parse_fields(line);
  } catch (Error& e) {
    throw e.in("the workspace request of this job is malformed");
  }
}

}  // namespace workspace
