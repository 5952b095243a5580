#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/model/mount_spec.h"

/// The kinds of values that the site's YAML files have in common. Each refuses with kInvalid,
/// naming `what`; the map that the value stands in puts the place in front.
namespace workspace::yaml_values {

/// A text that may stand on a terminal and in a quoted YAML value as it is.
std::string parse_line(std::string_view what, const std::string& text, std::size_t max_bytes);

/// Double quotes around a text of which parse_line would approve: a YAML value that reads back to
/// it.
std::string quoted(std::string_view text);

/// Digits alone.
std::uint64_t parse_number(std::string_view what, const std::string& text, std::uint64_t max);

/// `true` or `false`.
bool parse_switch(std::string_view what, const std::string& text);

/// Options of the guest kernel's command line: one line of printable ASCII.
std::string parse_kernel_options(const std::string& text);

/// The list of mounts under a key, each as users write it; at most 16, no destination twice.
/// `owner` is who has them, for the refusal.
std::optional<std::vector<MountSpec>> read_mounts(const YamlMap& map, std::string_view key,
                                                  std::string_view owner);

}  // namespace workspace::yaml_values
