#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"

namespace workspace::follow {

/// What came of a look at the job by the controller, after which its VM does the same.
enum class Look {
  kRuns,
  kSuspended,
  kFailed,  ///< the controller or the hypervisor could not be asked
  kOver,    ///< the workspace is gone, or going
};

/// How long the loop waits before what.
struct WatchPace {
  /// From SIGTSTP to the look. Slurm leaves programs 2 s between SIGTSTP and SIGSTOP; those of a VM
  /// have this much of them, for a VM that stands still cannot react.
  std::chrono::milliseconds grace{1000};
  /// A look that does not find what the hint promised is repeated once: the controller may be
  /// behind its own signals.
  std::chrono::milliseconds second_look{2000};
  std::chrono::milliseconds after_failure{5000};
  /// At the least between two looks, whatever tasks say.
  std::chrono::milliseconds between_looks{250};
  /// Between looks while nobody would tell: no task is there, all of them are stopped, or the VM is
  /// paused. A user can stop tasks so that they are deaf to Slurm's signals.
  std::chrono::milliseconds unasked{15000};
};

/// Waits for the hints of a job's tasks, and looks after the job.
class WatchLoop {
 public:
  /// `disk_server` is a pidfd, or not valid: when that process ends the loop looks at once.
  WatchLoop(UniqueFd listener, UniqueFd disk_server, std::function<Look()> look,
            WatchPace pace = {})
      : listener_(std::move(listener)),
        disk_server_(std::move(disk_server)),
        look_(std::move(look)),
        pace_(pace) {}

  /// Returns when a look finds the workspace gone. Errors: kHost.
  void run();

 private:
  struct Task {
    UniqueFd connection;
    pid_t pid = 0;
  };

  void serve_once();
  void accept_tasks();
  /// False when the task has ended.
  bool take_hints(const Task& task);
  void expect(Look expected, std::chrono::milliseconds from_now);
  void look();
  [[nodiscard]] bool somebody_would_tell() const;

  UniqueFd listener_;
  UniqueFd disk_server_;
  std::function<Look()> look_;
  WatchPace pace_;
  std::vector<Task> tasks_;
  Look last_ = Look::kFailed;
  std::optional<Look> expected_;
  Deadline next_look_ = Deadline::in({});
  Deadline earliest_look_ = Deadline::in({});
  bool asked_ = true;  ///< the next look is to be made whoever would tell
};

}  // namespace workspace::follow
