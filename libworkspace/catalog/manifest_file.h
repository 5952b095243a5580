#pragma once

#include <string>
#include <string_view>

#include "libworkspace/model/manifest.h"

namespace workspace {

/// The YAML form of an image's manifest, as an admin writes it and as the catalogue keeps it. Each
/// key, with its unit, default and an example: workspace-image(5).
inline constexpr std::size_t kMaxManifestBytes = 1 << 20;

/// A manifest that is complete in itself; one that inherits is read by read_manifest
/// (manifest_inheritance.h). Errors: kInvalid, `FILE:LINE: why`, where `file` is what refusals call
/// the text.
Manifest parse_manifest(std::string_view text, const std::string& file);

/// The manifest's one canonical text, which parse_manifest reads back to the same value.
std::string format_manifest(const Manifest& manifest);

/// The digest of a manifest's bytes: what a job is pinned to. It covers the digest of every file.
Digest manifest_digest(std::string_view bytes);

}  // namespace workspace
