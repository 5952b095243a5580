#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"

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

/// The last line of a program's words, made printable: what its error is told by. Empty if there
/// is none.
std::string last_line(std::string_view output);

}  // namespace workspace
