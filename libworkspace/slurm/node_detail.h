#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// One line of a job's details, as libslurm prints them: the same for each of the nodes it names.
struct NodeDetail {
  std::string nodes;                   ///< a host list such as `node[1-3,7]`
  std::vector<std::uint32_t> cpu_ids;  ///< abstract numbers, rising
  std::uint64_t memory_mib = 0;        ///< 0 where memory is not allocated
  std::string gres;                    ///< as parse_gres_detail reads it; empty: none
};

/// Reads a line `Nodes=LIST CPU_IDs=0-1,4 Mem=512 GRES=…`; nothing for any other line.
std::optional<NodeDetail> parse_node_detail(std::string_view line);

}  // namespace workspace
