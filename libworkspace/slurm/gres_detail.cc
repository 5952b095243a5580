#include "libworkspace/slurm/gres_detail.h"

#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/slurm/index_list.h"

namespace workspace {
namespace {

/// No node has more devices of a kind.
constexpr std::uint32_t kHighestIndex = 1023;

[[noreturn]] void refuse(std::string_view text) {
  throw Error(ErrorKind::kHost,
              "Slurm's generic resources '" + printable(text, 256) + "' cannot be read");
}

/// Splits at the commas that stand in no parentheses.
std::vector<std::string_view> split_gres(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (text[i] != ',' || depth != 0) continue;
    parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace

std::vector<AllocatedGres> parse_gres_detail(std::string_view text) {
  std::vector<AllocatedGres> found;
  if (text.empty() || text == "(null)") return found;
  constexpr std::string_view kIndices = "(IDX:";
  constexpr std::string_view kCount = "(CNT:";
  for (const auto part : split_gres(text)) {
    const auto begin = part.find('(');
    if (begin == std::string_view::npos || !part.ends_with(')')) refuse(text);
    const std::string_view detail = part.substr(begin);
    // NAME:COUNT or NAME:TYPE:COUNT. Indices count all devices of the name, whatever their type.
    const auto name = part.substr(0, part.find_first_of(":("));
    const std::string_view value = detail.substr(0, detail.size() - 1);
    if (name.empty()) refuse(text);
    if (detail.starts_with(kCount)) {
      const auto count = parse_decimal(value.substr(kCount.size()));
      if (!count) refuse(text);
      found.push_back({std::string(name), {}, *count});
      continue;
    }
    if (!detail.starts_with(kIndices)) refuse(text);
    const auto indices = parse_index_list(value.substr(kIndices.size()), kHighestIndex);
    if (!indices) refuse(text);
    found.push_back({std::string(name), *indices});
  }
  return found;
}

}  // namespace workspace
