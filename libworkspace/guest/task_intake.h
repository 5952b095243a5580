#pragma once

#include <string>

#include "libworkspace/guest/protocol.h"
#include "libworkspace/guest/task_spec.h"

namespace workspace {

/// What a channel brings before its program can start.
struct TaskRequest {
  TaskSpec spec;
  std::string script;
};

/// Collects a channel's frames from kSpec to kStart, in that order and within bounds: those of
/// TaskSpec, unless other ones are given.
class TaskIntake {
 public:
  struct Bounds {
    std::size_t spec_bytes = TaskSpec::kMaxBytes;
    std::size_t script_bytes = TaskSpec::kMaxScriptBytes;
  };

  TaskIntake() = default;
  explicit TaskIntake(Bounds bounds) : bounds_(bounds) {}

  /// Returns true when the frame was kStart. Errors: kInvalid.
  bool take(const Frame& frame);

  TaskRequest finish() { return std::move(request_); }

  /// How much of it is kept here now.
  [[nodiscard]] std::size_t size_bytes() const {
    return spec_bytes_.size() + request_.script.size();
  }

 private:
  Bounds bounds_;
  std::string spec_bytes_;
  bool spec_complete_ = false;
  TaskRequest request_;
};

}  // namespace workspace
