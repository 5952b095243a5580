#include "libworkspace/hypervisor/host_tsc.h"

#include <x86intrin.h>

#include <chrono>
#include <thread>

namespace workspace {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSpan(10);
constexpr int kTries = 20;

struct Sample {
  std::uint64_t ticks = 0;
  Clock::time_point time;
};

/// Of several readings the one with the least time between them: whoever loses the CPU between
/// counter and clock takes them for simultaneous when they were not.
Sample take_sample() {
  Sample best;
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t before = __rdtsc();
    const auto time = Clock::now();
    const std::uint64_t width = __rdtsc() - before;
    if (width >= least) continue;
    least = width;
    best = {before + width / 2, time};
  }
  return best;
}

}  // namespace

std::uint32_t host_tsc_khz() {
  const Sample first = take_sample();
  std::this_thread::sleep_for(kSpan);
  const Sample last = take_sample();
  const std::chrono::duration<double, std::milli> passed = last.time - first.time;
  return static_cast<std::uint32_t>(static_cast<double>(last.ticks - first.ticks) / passed.count());
}

}  // namespace workspace
