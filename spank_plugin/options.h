#pragma once

#include <slurm/spank.h>

#include <string>
#include <vector>

#include "spank_plugin/workspace_choice.h"

namespace workspace {

/// Tells Slurm about --workspace and the options that go with it. Only to be called from
/// slurm_spank_init. A failure is logged.
bool register_options(spank_t spank) noexcept;

/// What the option callbacks have heard so far in this process. On a node that is what the step was
/// given, which the user can forge: it decides nothing but a refusal; all of it stands under
/// `command_line` there.
const SaidOptions& said_options();

/// The words of this process, as it was started. Errors: those of read_file().
const std::vector<std::string>& own_command_line();

/// What follows is said of the next component of a heterogeneous job.
void begin_next_component();

}  // namespace workspace
