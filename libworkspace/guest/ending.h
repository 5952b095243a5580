#pragma once

#include "libworkspace/guest/messages.h"

namespace workspace {

/// Ends this process as the program on the other side ended: with the same exit status, or by the
/// same signal, without a core of its own.
[[noreturn]] void end_like(const TaskExit& end);

}  // namespace workspace
