#pragma once

#include <string>
#include <vector>

namespace workspace::cli {

/// Where a key's secret half is on the machine that approves: /etc/workspace/secret-keys/NAME.key.
std::string secret_key_path(const std::string& name);

/// The names of the keys whose secret half is there.
std::vector<std::string> secret_key_names();

}  // namespace workspace::cli
