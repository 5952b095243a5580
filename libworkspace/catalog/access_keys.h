#pragma once

#include <string>
#include <string_view>

#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/model/access.h"

/// The YAML form of rules on who may use an image: in manifests and in the site's configuration.
///
///     allow: {groups: [course-2026], partitions: [main]}
///     deny: {users: [guest]}
namespace workspace::access_keys {

/// Errors: kInvalid.
AccessRules read(const YamlMap& map);

/// The text behind the key they stand under, whose lines begin with two spaces.
std::string format(const AccessRules& rules);

}  // namespace workspace::access_keys
