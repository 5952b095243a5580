#include "libworkspace/slurm/index_list.h"

#include "libworkspace/base/text.h"

namespace workspace {

std::optional<std::vector<std::uint32_t>> parse_index_list(std::string_view text,
                                                           std::uint32_t highest) {
  std::vector<std::uint32_t> indices;
  for (const auto& range : split(text, ',')) {
    const auto dash = range.find('-');
    const auto first = parse_decimal(range.substr(0, dash), highest);
    const auto last =
        dash == std::string::npos ? first : parse_decimal(range.substr(dash + 1), highest);
    if (!first || !last || *first > *last) return std::nullopt;
    if (!indices.empty() && *first <= indices.back()) return std::nullopt;
    for (auto index = *first; index <= *last; ++index)
      indices.push_back(static_cast<std::uint32_t>(index));
  }
  return indices;
}

}  // namespace workspace
