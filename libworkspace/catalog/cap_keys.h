#pragma once

#include <string>

#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/model/rate_caps.h"

/// The YAML form of caps: `disk_iops: 2000`, `disk_bandwidth: 200M`, `network_in: 100M`,
/// `network_out: 100M`; the last three are sizes (parse_size_mib()) per second.
namespace workspace::cap_keys {

/// Errors: kInvalid, with the place.
RateCaps read(const YamlMap& map);

/// The same with `none` for a value without bound; with `partitions` and `qos`, maps from names to
/// such caps; and with `gres`, a map from these keys to names of Slurm's generic resources.
/// Errors: kInvalid, with the place.
SiteCaps read_site(const YamlMap& map);

/// The lines that read() reads back, each with two spaces in front; empty where nothing is said.
std::string format(const RateCaps& caps);

}  // namespace workspace::cap_keys
