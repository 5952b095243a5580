#pragma once

#include <string>

#include "libworkspace/guest/protocol.h"
#include "libworkspace/guest/task_spec.h"

namespace workspace::agent {

/// What a task connection brings before the task can start.
struct TaskRequest {
  TaskSpec spec;
  std::string script;
};

/// Collects the frames from kSpec to kStart, in that order and within the bounds of TaskSpec.
class TaskIntake {
 public:
  /// Returns true when the frame was kStart. Errors: kInvalid.
  bool take(const Frame& frame);

  TaskRequest finish() { return std::move(request_); }

 private:
  std::string spec_bytes_;
  bool spec_complete_ = false;
  TaskRequest request_;
};

}  // namespace workspace::agent
