#pragma once

namespace workspace::agent {

/// Ends every other process, writes what is unwritten (also to the node's folders) and powers the
/// guest off.
[[noreturn]] void power_off();

}  // namespace workspace::agent
