#pragma once

namespace workspace::exec {

/// What salloc runs on the node for a salloc that was called from inside (`workspace-exec
/// --hold-allocation`). It writes the environment that salloc has made to stdout, each variable
/// with a NUL behind it and one more at the end, and waits for one byte on stdin: the exit status
/// of the command, which runs in the guest. It ends with that status, or with 1 when stdin ends
/// before, and salloc then gives the allocation back. Errors: kHost.
int hold_allocation();

}  // namespace workspace::exec
