#include "libworkspace/catalog/access_keys.h"

#include "libworkspace/catalog/yaml_values.h"

namespace workspace::access_keys {
namespace {

ByAccess<std::optional<AccessNames>> read_lists(const YamlMap& map, std::string_view key) {
  ByAccess<std::optional<AccessNames>> lists;
  const auto half = map.optional_map(key);
  if (!half) return lists;
  half->allow_only({"users", "groups", "accounts", "partitions", "qos"});
  for (const AccessBy by : kAccessKinds)
    at(lists, by) = half->optional_list(name_of(by), parse_access_name);
  return lists;
}

std::string format_list(AccessBy by, const AccessNames& names) {
  std::string text = "    " + std::string(name_of(by)) + ":";
  if (names.empty()) return text + " []\n";
  text += "\n";
  for (const auto& name : names) text += "      - " + yaml_values::quoted(name) + "\n";
  return text;
}

}  // namespace

AccessRules read(const YamlMap& map) {
  map.allow_only({"allow", "deny"});
  AccessRules rules;
  rules.allow = read_lists(map, "allow");
  const auto denied = read_lists(map, "deny");
  for (const AccessBy by : kAccessKinds)
    at(rules.deny, by) = at(denied, by).value_or(AccessNames());
  return rules;
}

std::string format(const AccessRules& rules) {
  std::string allow;
  std::string deny;
  for (const AccessBy by : kAccessKinds) {
    if (at(rules.allow, by)) allow += format_list(by, *at(rules.allow, by));
    if (!at(rules.deny, by).empty()) deny += format_list(by, at(rules.deny, by));
  }
  return (allow.empty() ? "" : "  allow:\n" + allow) + (deny.empty() ? "" : "  deny:\n" + deny);
}

}  // namespace workspace::access_keys
