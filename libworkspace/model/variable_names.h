#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// Refuses what is not the name of an environment variable: `[A-Za-z_][A-Za-z0-9_]*` (POSIX, "Base
/// Definitions", 3.216), at most 128 bytes. Errors: kInvalid, naming it.
void check_variable_name(std::string_view name);

/// A comma-separated list of names, as in `--workspace-env`: at most 64, none twice.
/// Errors: kInvalid, kExceeded.
std::vector<std::string> parse_variable_names(std::string_view text);

}  // namespace workspace
