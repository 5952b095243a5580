#pragma once

#include <cstdint>
#include <string>

#include "spank_plugin/workspace_exec/command_line.h"

namespace workspace::exec {

/// The line about a task of which the VM's kernel killed a process; 0 MiB: its size is not known.
std::string out_of_memory_text(std::uint64_t memory_mib);

/// Writes that line on `stderr_fd`. Where the task is the job's batch script, the
/// job then ends by the state OUT_OF_MEMORY: slurmstepd, which sees only this process end, would
/// call it FAILED. Where Slurm cannot be told it stays so.
void tell_out_of_memory(const CommandLine& line, int stderr_fd);

}  // namespace workspace::exec
