#include "guest/task_signal.h"

#include <signal.h>

#include <string>

#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

bool is_slurms_own(int number) {
  return number == SIGTERM || number == SIGCONT || number == SIGTSTP || number == SIGKILL;
}

}  // namespace

void TaskSignals::deliver(std::string_view payload) const {
  const int number = payload.size() == 1 ? static_cast<unsigned char>(payload[0]) : 0;
  if (number < 1 || number >= NSIG)
    throw Error(ErrorKind::kInvalid, "protocol error: SIGNAL " + std::to_string(number));
  if (batch_ && !is_slurms_own(number)) {
    ::kill(leader_, number);
    return;
  }
  if (!cgroup_->exists()) {
    ::kill(-leader_, number);
    return;
  }
  for (const pid_t pid : cgroup_->processes()) ::kill(pid, number);
}

}  // namespace workspace::agent
