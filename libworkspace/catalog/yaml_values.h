#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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

}  // namespace workspace::yaml_values
