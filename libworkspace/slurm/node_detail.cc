#include "libworkspace/slurm/node_detail.h"

#include "libworkspace/base/text.h"
#include "libworkspace/slurm/index_list.h"

namespace workspace {
namespace {

/// No machine has more CPUs; a range beyond it is no list of CPUs.
constexpr std::uint32_t kMaxCpuId = 65535;

/// Takes `NAME=VALUE` from the front of the line, up to the next space.
std::optional<std::string> take_field(std::string_view& line, std::string_view name) {
  if (!line.starts_with(name) || !line.substr(name.size()).starts_with('=')) return std::nullopt;
  line.remove_prefix(name.size() + 1);
  const auto end = line.find(' ');
  std::string value(line.substr(0, end));
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return value;
}

}  // namespace

std::optional<NodeDetail> parse_node_detail(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto nodes = take_field(line, "Nodes");
  if (!nodes) return std::nullopt;
  const auto cpu_ids = take_field(line, "CPU_IDs");
  const auto memory = take_field(line, "Mem");
  if (!cpu_ids || !memory) return std::nullopt;
  const auto ids = parse_index_list(*cpu_ids, kMaxCpuId);
  const auto memory_mib = parse_decimal(*memory);
  if (!ids || !memory_mib) return std::nullopt;
  return NodeDetail{*nodes, *ids, *memory_mib, take_field(line, "GRES").value_or("")};
}

}  // namespace workspace
