#pragma once

#include <string>
#include <vector>

namespace workspace::exec {

/// `workspace-exec --fd N [--script PATH] -- PROGRAM [ARGUMENT…]`, as the plugin starts it.
struct CommandLine {
  int connection_fd = -1;   ///< the greeted connection to the guest's agent
  std::string script_path;  ///< the batch script to take along; empty: none
  std::vector<std::string> task_argv;

  /// Errors: kUsage.
  static CommandLine parse(const std::vector<std::string>& arguments);
};

}  // namespace workspace::exec
