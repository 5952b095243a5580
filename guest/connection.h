#pragma once

#include "guest/modules.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// Serves one connection to its end, in a process of its own: checks that the node speaks, then
/// does what the greeting asks for. A refusal is told to the node in one kError frame; a wrong
/// token gets no answer at all.
void serve_connection(UniqueFd socket, const GuestConfig& config, const Modules& modules);

}  // namespace workspace::agent
