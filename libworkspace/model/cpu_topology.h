#pragma once

#include <cstdint>
#include <vector>

namespace workspace {

/// One CPU (hardware thread) of the machine, with the numbers the hypervisor gives it.
struct MachineCpu {
  std::uint32_t id = 0;
  std::uint32_t socket = 0;
  std::uint32_t core = 0;  ///< within the socket

  bool operator==(const MachineCpu&) const = default;
};

/// All CPUs of the machine, in any order.
using CpuTopology = std::vector<MachineCpu>;

}  // namespace workspace
