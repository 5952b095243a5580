#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"

namespace workspace::cli {

/// Where a key's secret half is on the machine that approves: /etc/workspace/secret-keys/NAME.key.
std::string secret_key_path(const std::string& name);

/// The names of the keys whose secret half is there.
std::vector<std::string> secret_key_names();

/// The file of the secret key that is meant: by `--secret`, by `--key`, or because there is no
/// other. Errors: kNotFound when there is none, with `remedy`; kUsage when there are several.
std::string chosen_secret_key(const Arguments& arguments, const std::string& remedy);

}  // namespace workspace::cli
