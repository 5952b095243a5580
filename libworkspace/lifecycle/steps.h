#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace workspace {

/// Runs the named steps of a lifecycle in order: each is logged with its time, and a host's fault
/// in it is told with what was being done. A user's fault is told as it is: its text is for the
/// user, who knows nothing of steps.
class Steps {
 public:
  using Times = std::vector<std::pair<std::string, std::uint64_t>>;

  /// Runs `step`. `name` is a word for records and metrics (`stage`), `doing` is a phrase for
  /// people
  /// (`staging the image`). Errors: whatever the step throws.
  void run(std::string_view name, std::string_view doing, const std::function<void()>& step);

  /// What ran so far, in order, with the time each took in milliseconds; of one that ran more than
  /// once, all its times together.
  [[nodiscard]] const Times& times_ms() const { return times_ms_; }

 private:
  Times times_ms_;
};

}  // namespace workspace
