#pragma once

#include <string>
#include <vector>

namespace workspace::exec {

/// The environment of a command that runs on the node for a program in the guest, and what comes of
/// it in the guest again, when the command (srun, sbatch) starts a task there.
///
/// A variable that would move a program of the node itself, such as LD_PRELOAD, means the guest's
/// tasks. So it crosses the node under a name of ours, where it moves nothing, and
/// restore_environment() gives it back its own when a task enters its VM. In a job without a
/// workspace it stays under that name: the guest's libraries are of no use there.

/// The guest's variables as the command gets them, with kInsideVariable and, if it is not empty,
/// the node's own SLURM_CONF. Errors: kDenied for a variable that chooses another configuration,
/// cluster or identity, or a program to run beside the command.
std::vector<std::string> carried_environment(const std::vector<std::string>& guest_environment,
                                             const std::string& slurm_conf);

/// Undoes it for a task's environment.
void restore_environment(std::vector<std::string>& environment);

/// Where the tasks of an srun from inside are to work, if that folder is the guest's own: it
/// travels in a variable, since slurmstepd would look for the folder on the node.
std::string carried_folder(const std::string& folder);
/// The folder that was carried, taken out of the environment; empty if there is none.
std::string take_carried_folder(std::vector<std::string>& environment);

/// Marks the environment of an srun from inside: its tasks' environment is the guest's own, to
/// which the rules for what comes from outside do not apply again.
std::string inside_mark();
/// Takes the mark out of the environment; true if it was there.
bool take_inside_mark(std::vector<std::string>& environment);

}  // namespace workspace::exec
