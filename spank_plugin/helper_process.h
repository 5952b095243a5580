#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"

namespace workspace {

struct HelperResult {
  int exit_status = 0;  ///< 128 + N for death by signal N
  std::string output;
  std::string error_output;
};

/// Runs a program of this project for the plugin, with stdin from /dev/null, no other descriptor of
/// the caller's, no signal blocked or ignored, and exactly this environment. Each stream is kept up
/// to 64 KiB. At the deadline the program's process group is killed.
///
/// base/process.h does more, but by fork(2) and with libraries that have no place in the processes
/// that load the plugin: srun has threads, and posix_spawn(3) does not copy them.
/// Errors: kHost when the program cannot be started; kTimeout.
HelperResult run_helper(const std::vector<std::string>& argv,
                        const std::vector<std::string>& environment, Deadline deadline);

/// A helper that goes on by itself. When its caller ends it finds nobody to read what it says.
struct StartedHelper {
  pid_t pid = 0;
  UniqueFd output;
  UniqueFd error_output;
};

/// Starts a program as run_helper does. Errors: kHost.
StartedHelper start_helper(const std::vector<std::string>& argv,
                           const std::vector<std::string>& environment);

/// Passes on to stdout and stderr what the helper says, and returns its exit status when it ends.
/// The caller may have given up the rights that the helper was started with. Errors: kHost.
int relay_helper(StartedHelper& helper);

/// The last line of a program's words, made printable: what its error is told by. Empty if there
/// is none.
std::string last_line(std::string_view output);

}  // namespace workspace
