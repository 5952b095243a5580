#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/image/file_range.h"

namespace workspace {

inline constexpr std::size_t kSifMagicOffset = 32;
inline constexpr char kSifMagic[] = "SIF_MAGIC";

/// Where a SIF file (https://github.com/sylabs/sif, pkg/sif/sif.go) holds the squashfs of its
/// primary system partition. `name` is what errors call the file. Errors: kInvalid for a header
/// that is none, points out of the file or has an absurd table, for no such partition or more than
/// one, and for one that is encrypted or no squashfs; kNotFound for a file that ends early; kHost.
FileRange sif_root_partition(int fd, std::uint64_t file_bytes, const std::string& name);

}  // namespace workspace
