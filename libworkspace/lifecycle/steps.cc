#include "libworkspace/lifecycle/steps.h"

#include <algorithm>
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
  const std::uint64_t time_ms = elapsed_ms(begun);
  log_info(std::string(name) + ": " + std::to_string(time_ms) + " ms");
  const auto known = std::find_if(times_ms_.begin(), times_ms_.end(),
                                  [name](const auto& time) { return time.first == name; });
  if (known == times_ms_.end())
    times_ms_.emplace_back(name, time_ms);
  else
    known->second += time_ms;
}

}  // namespace workspace
