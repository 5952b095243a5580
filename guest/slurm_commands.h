#pragma once

namespace workspace::agent {

/// Gives the guest Slurm's commands: this program under their names, in /run/workspace/bin (the
/// mount of one file, so it takes no memory). Where the image has no program of a command's name in
/// a system folder, /usr/bin gets a link to it; an image's own Slurm is never hidden. What
/// goes wrong is reported on the console: without the commands a job is a job all the same.
void offer_slurm_commands();

/// What this program is under such a name: has the command run on the node, as its user, with the
/// streams, signals and end of this process. Returns the exit status.
int slurm_command_main(int argc, char** argv);

}  // namespace workspace::agent
