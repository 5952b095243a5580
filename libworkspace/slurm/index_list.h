#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace workspace {

/// Reads a set of numbers as Slurm writes one (bit_fmt): `0-1,4`, ascending. Nothing where it is
/// malformed or has a number above `highest`.
std::optional<std::vector<std::uint32_t>> parse_index_list(std::string_view text,
                                                           std::uint32_t highest);

}  // namespace workspace
