#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "libworkspace/guest/task_intake.h"
#include "libworkspace/model/host_commands.h"

namespace workspace::exec {

/// What the job's programs may have run on the node: root's word, on this program's command line.
struct HostCommandRules {
  HostCommands commands;
  std::string slurm_bin = "/usr/bin";
  std::string slurm_conf;  ///< the node's own; empty: Slurm finds it without being told
};

/// A command of Slurm's as it is to run on the node.
struct HostCommand {
  std::string path;
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string working_directory;
  std::uint32_t umask = 022;
  std::array<StdioKind, kStreamCount> stdio{};
  TerminalSize terminal;

  /// The batch script, where the node's file of that name is not the one that the guest sees, and
  /// its place in argv.
  std::optional<std::string> script;
  std::size_t script_word = 0;
};

/// Turns what a program in the guest asks for into the command to run: the real one, by the site's
/// path, with the guest's arguments and variables. The guest is hostile, so what would leave the
/// workspace or act for somebody else is refused, though Slurm itself gives the user no right by
/// it. A program that the command would start on the node does not start there: of salloc only the
/// allocation is made (held_allocation.h).
/// Errors: kDenied; kInvalid for what is no request at all.
HostCommand plan_host_command(TaskRequest request, const HostCommandRules& rules);

}  // namespace workspace::exec
