#pragma once

#include <sys/types.h>

#include <list>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/model/job_names.h"

/// Steps of the caller's running job, which srun makes: the way to a node for a user without rights
/// on it.
namespace workspace::cli {

/// Becomes the srun of these words. Returns only by an error. Errors: kHost.
[[noreturn]] void become_step(JobId job, const std::vector<std::string>& words);

/// An srun beside this process. It ends with the object, or when this process dies.
class JobStep {
 public:
  /// Errors: kHost.
  JobStep(JobId job, const std::vector<std::string>& words);
  JobStep(const JobStep&) = delete;
  JobStep& operator=(const JobStep&) = delete;
  ~JobStep();

  /// The end of the pipe that it writes to; -1 once it writes no more.
  [[nodiscard]] int output() const { return output_.get(); }

  /// Reads what is there, without waiting, and takes the whole lines of it.
  std::vector<std::string> take_lines();

  /// Its exit status, once it writes no more.
  int wait();

 private:
  pid_t pid_ = 0;
  UniqueFd output_;
  std::string rest_;
};

/// Waits until one of the steps has something to read, or the deadline.
void await_output(const std::list<JobStep>& steps, Deadline deadline);

}  // namespace workspace::cli
