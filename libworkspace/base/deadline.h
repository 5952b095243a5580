#pragma once

#include <algorithm>
#include <chrono>

namespace workspace {

/// A moment by which a wait must end, on the monotonic clock. Every wait in the project takes one.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline in(std::chrono::milliseconds from_now) {
    return Deadline(Clock::now() + from_now);
  }

  [[nodiscard]] bool passed() const { return Clock::now() >= at_; }

  /// What is left, never negative.
  [[nodiscard]] std::chrono::milliseconds left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now());
    return left.count() > 0 ? left : std::chrono::milliseconds(0);
  }

  /// What is left for poll(2) and the like, at most `most`.
  [[nodiscard]] int poll_ms(std::chrono::milliseconds most = std::chrono::hours(1)) const {
    return static_cast<int>(std::min(left(), most).count());
  }

  /// The earlier of this deadline and `from_now`: a step's own bound inside the whole's.
  [[nodiscard]] Deadline no_later_than(std::chrono::milliseconds from_now) const {
    return Deadline(std::min(at_, Clock::now() + from_now));
  }

 private:
  explicit Deadline(Clock::time_point at) : at_(at) {}
  Clock::time_point at_;
};

}  // namespace workspace
