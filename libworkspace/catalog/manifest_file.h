#pragma once

#include <string>
#include <string_view>

#include "libworkspace/model/manifest.h"

namespace workspace {

/// The YAML form of an image's manifest, as an admin writes it and as the catalogue keeps it:
///
///     name: legacy-bullseye
///     version: "1"
///     description: Debian 11 with Python 2.7
///     root: {file: legacy-bullseye.squashfs, format: squashfs}
///     kernel: {file: vmlinux}      # optional: the image's own
///     initrd: {file: initrd.img}   # optional: the image's own
///     boot: agent
///     needs: {memory: 192M, vcpus: 1, disk: 0}
///
/// Each file may state its `digest: sha256:HEX` and `size` in bytes; they are then checked at
/// registration. In the catalogue every file has both.
inline constexpr std::size_t kMaxManifestBytes = 1 << 20;

/// Errors: kInvalid, `FILE:LINE: why`, where `file` is what refusals call the text.
Manifest parse_manifest(std::string_view text, const std::string& file);

/// The manifest's one canonical text, which parse_manifest reads back to the same value.
std::string format_manifest(const Manifest& manifest);

/// The digest of a manifest's bytes: what a job is pinned to. It covers the digest of every file.
Digest manifest_digest(std::string_view bytes);

}  // namespace workspace
