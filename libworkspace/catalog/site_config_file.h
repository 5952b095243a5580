#pragma once

#include <span>
#include <string>
#include <string_view>

#include "libworkspace/catalog/yaml_faults.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// Where the site's configuration is, fixed when the programs are built.
std::string site_config_path();

/// The keys that a configuration may have; workspace.yaml(5) tells them.
std::span<const std::string_view> site_config_keys();

/// Reads the site's configuration from a file that root alone can write. Keys that are left out
/// have the defaults of SiteConfig. Errors: kHost for every fault, since no job's user is to blame
/// for it: the file is missing or not trusted, or `FILE:LINE: why`.
SiteConfig read_site_config(const std::string& path);

/// The same for a text; `file` is what refusals call it. Errors: kInvalid.
SiteConfig parse_site_config(std::string_view text, const std::string& file);

/// Adds all that is wrong with a configuration to `faults`. The result has the defaults in the
/// place of faulty values.
SiteConfig check_site_config(std::string_view text, const std::string& file, YamlFaults& faults);
/// The same for the file at `path`. Errors: kNotFound, kDenied and kHost as open_trusted_file and
/// read_all, when it cannot be read at all.
SiteConfig check_site_config_file(const std::string& path, YamlFaults& faults);

}  // namespace workspace
