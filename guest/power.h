#pragma once

namespace workspace::agent {

/// Ends every other process but PID 1, the agent itself if that is another, and writes what is
/// unwritten (also to the node's folders).
void settle();

/// The same, and powers the guest off.
[[noreturn]] void power_off();

}  // namespace workspace::agent
