#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "libworkspace/catalog/catalog_snapshots.h"
#include "libworkspace/model/site_config.h"

/// What the subcommands of `workspace catalog` share.
namespace workspace::cli {

/// The proxies that the caller's environment names, for curl.
std::vector<std::string> proxy_environment();

/// The snapshot of a catalogue that is meant: that of `--snapshot`, or the newest. Errors:
/// kNotFound when there is none; kUsage.
CatalogSnapshot chosen_snapshot(const Arguments& arguments, const SiteConfig& site,
                                const std::string& name);

}  // namespace workspace::cli
