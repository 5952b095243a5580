#pragma once

#include <string>

#include "cli/arguments.h"
#include "libworkspace/catalog/yaml_faults.h"

namespace workspace::cli {

/// Tells all faults of a file, a line each on stderr, or with --json as an object on stdout; that
/// it is `fine` when there are none. Returns the exit status.
int tell_verdict(const Arguments& arguments, const std::string& path, const YamlFaults& faults,
                 const std::string& fine);

}  // namespace workspace::cli
