#pragma once

#include <string>

#include "libworkspace/model/manifest.h"

namespace workspace {

/// How many manifests may stand behind each other.
inline constexpr std::size_t kMaxInherited = 4;

/// Reads an admin's manifest and those it inherits from (`inherits: FILE`, relative to its folder),
/// and makes one complete manifest of them: what the nearer one states counts, `needs` and `env`
/// value by value. Relative paths in the result are relative to the folder of `path`.
///
/// Each file must pass open_trusted_file. Errors: as there and as parse_manifest, naming the file
/// and line; kInvalid for a circle, and for more than kMaxInherited.
Manifest read_manifest(const std::string& path);

}  // namespace workspace
