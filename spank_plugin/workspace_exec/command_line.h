#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spank_plugin/workspace_exec/host_command.h"

namespace workspace::exec {

/// `workspace-exec --fd N [--script PATH] [--host-commands LIST] [--slurm-bin FOLDER]
/// [--slurm-conf FILE] [--task-prolog PROGRAM] [--vcpus N,…]
/// [--memory-mib N] [--watch-fd N] -- PROGRAM [ARGUMENT…]`, as the plugin starts it.
struct CommandLine {
  int connection_fd = -1;   ///< the greeted connection to the guest's agent
  int watch_fd = -1;        ///< the connection to the job's watch; -1: none
  std::string script_path;  ///< the batch script to take along; empty: none
  HostCommandRules host_commands;
  std::string task_prolog;           ///< to be run first; empty: none
  std::vector<std::uint32_t> vcpus;  ///< the VM's that the task may use; empty: all
  std::uint64_t memory_mib = 0;      ///< the VM's; 0: not said
  std::vector<std::string> task_argv;

  /// Errors: kUsage.
  static CommandLine parse(const std::vector<std::string>& arguments);
};

}  // namespace workspace::exec
