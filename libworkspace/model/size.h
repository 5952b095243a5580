#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace workspace {

/// Parses a size as Slurm's users write it: digits and an optional unit K, M, G or T (powers of
/// 1024, with or without a `B` or `iB` behind); without a unit MiB, as in `sbatch --mem`. The
/// result is in MiB, rounded up, and at most 1 PiB. Errors: kInvalid, naming `what`.
std::uint64_t parse_size_mib(std::string_view text, std::string_view what);

/// The same in KiB, which is exact. Errors: kInvalid, naming `what`.
std::uint64_t parse_size_kib(std::string_view text, std::string_view what);

/// `2G` for 2048, `1536M` for 1536: the shortest form that parse_size_mib reads back.
std::string format_size_mib(std::uint64_t mib);

/// `2M` for 2048, `1536K` for 1536: the shortest form that parse_size_kib reads back.
std::string format_size_kib(std::uint64_t kib);

/// Parses a duration: digits and an optional unit ms, s, m or h; without a unit seconds. The result
/// is in milliseconds, at most a day. Errors: kInvalid, naming `what`.
std::uint64_t parse_duration_ms(std::string_view text, std::string_view what);

}  // namespace workspace
