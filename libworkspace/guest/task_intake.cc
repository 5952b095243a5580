#include "libworkspace/guest/task_intake.h"

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "protocol error: " + why);
}

void append_within(std::string& to, const std::string& piece, std::size_t most, const char* what) {
  if (piece.size() > most - to.size())
    refuse(std::string(what) + " is larger than " + std::to_string(most) + " bytes");
  to += piece;
}

}  // namespace

bool TaskIntake::take(const Frame& frame) {
  if (frame.type == FrameType::kSpec && !spec_complete_) {
    append_within(spec_bytes_, frame.payload, bounds_.spec_bytes, "the task's specification");
    return false;
  }
  if (frame.type == FrameType::kSpecEnd && !spec_complete_) {
    request_.spec = TaskSpec::parse(spec_bytes_);
    spec_bytes_ = {};
    spec_complete_ = true;
    return false;
  }
  if (frame.type == FrameType::kScript && spec_complete_ && !request_.spec.script_path.empty()) {
    append_within(request_.script, frame.payload, bounds_.script_bytes, "the batch script");
    return false;
  }
  if (frame.type == FrameType::kStart && spec_complete_) return true;
  refuse(std::string(*name_of(frame.type)) + " out of order");
}

}  // namespace workspace
