#pragma once

#include <string>

namespace workspace {

/// Runs the program that does a hook's work, with this process's environment and streams and no
/// arguments, and returns the exit status for Slurm. Where it was killed, or ended by a fault of
/// the node or of its own (status EX_OSERR or EX_SOFTWARE), it is run a second time: Slurm drains a
/// node whose hook fails, and what passes by itself (a call that failed once, a program that the
/// kernel ended for memory) is no reason to. The program must put right by itself what its first
/// run left. A fault that lasts fails both runs. The program ends when this process does.
int run_hook_program(const std::string& program);

}  // namespace workspace
