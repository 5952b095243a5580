#pragma once

namespace workspace::cli {

/// While it lives, what would end this process (SIGINT, SIGTERM, SIGHUP) waits until check() is
/// called, so that what is under way can be taken down in order.
class HeldInterruption {
 public:
  HeldInterruption();
  HeldInterruption(const HeldInterruption&) = delete;
  HeldInterruption& operator=(const HeldInterruption&) = delete;
  /// What has come by then acts.
  ~HeldInterruption();

  /// Errors: kTimeout when one has come.
  void check() const;
};

}  // namespace workspace::cli
