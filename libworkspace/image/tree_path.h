#pragma once

#include <string>
#include <string_view>

namespace workspace {

/// The path of an entry below its tree's root, `usr/bin/env`, empty for the root itself: what an
/// archive calls it, without `./`, `//` and a `/` behind it. Errors: kInvalid for a name that is
/// empty, absolute, holds `..` or a NUL, or is longer than Linux takes (255 bytes for a part, 4095
/// for all).
std::string tree_path(std::string_view name);

/// The folder that holds it; empty for what stands in the root.
std::string_view parent_path(std::string_view path);

/// The last part.
std::string_view base_name(std::string_view path);

}  // namespace workspace
