#pragma once

#include <cstdint>

namespace workspace {

/// How fast this machine's time stamp counter goes, in kHz, measured against CLOCK_MONOTONIC within
/// some 10 ms, to one part in 10,000. A guest that QEMU emulates without KVM reads this counter.
std::uint32_t host_tsc_khz();

}  // namespace workspace
