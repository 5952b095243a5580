#pragma once

#include <array>
#include <string>
#include <string_view>

#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/model/manifest.h"

/// The keys of a manifest's YAML form (workspace-image(5)): what each of them may hold.
namespace workspace::manifest_keys {

/// All that there are, in a manifest and in the maps of it; docs/workspace-image.schema.json has
/// the same.
inline constexpr auto kAll = std::to_array<std::string_view>(
    {"name",       "version",       "description", "maintainer", "licence", "created",
     "expires",    "root",          "kernel",      "initrd",     "boot",    "kernel_options",
     "needs",      "env",           "workdir",     "mounts",     "network", "allow_root",
     "inherits",   "host_commands", "access",      "layers",     "owner",   "base",
     "allow_save", "caps"});
inline constexpr auto kOfRoot =
    std::to_array<std::string_view>({"file", "format", "digest", "size"});
inline constexpr auto kOfFile = std::to_array<std::string_view>({"file", "digest", "size"});
inline constexpr auto kOfNeeds =
    std::to_array<std::string_view>({"memory", "vcpus", "disk", "architecture", "gpu"});

/// Errors: kInvalid for a key that no manifest has.
void check_known(const YamlMap& map);

/// A manifest of the name and version that the map states, with nothing else in it. Errors:
/// kInvalid when one is missing or malformed.
Manifest begin(const YamlMap& map);

/// Sets what the map states and leaves the rest of the manifest as it is; `needs`, `caps` and `env`
/// are set value by value, everything else as a whole. A relative path of a file gets `folder` in
/// front. Errors: kInvalid.
void apply(const YamlMap& map, const std::string& folder, Manifest& manifest);

/// Refuses a manifest that lacks what none may lack. `map` is where the fault is told. Errors:
/// kInvalid.
void check_complete(const YamlMap& map, const Manifest& manifest);

}  // namespace workspace::manifest_keys
