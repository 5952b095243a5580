#include "libworkspace/lifecycle/steps.h"

#include <chrono>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"

namespace workspace {
namespace {

std::uint64_t elapsed_ms(std::chrono::steady_clock::time_point since) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - since)
                                        .count());
}

}  // namespace

void Steps::run(std::string_view name, std::string_view doing, const std::function<void()>& step) {
  const auto begun = std::chrono::steady_clock::now();
  try {
    step();
  } catch (Error& e) {
    if (!is_user_fault(e.kind())) e.in(doing);
    throw;
  }
  times_ms_.emplace_back(name, elapsed_ms(begun));
  log_info(std::string(name) + ": " + std::to_string(times_ms_.back().second) + " ms");
}

}  // namespace workspace
