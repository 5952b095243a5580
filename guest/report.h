#pragma once

#include <string_view>

namespace workspace::agent {

/// Makes sure that descriptors 0 to 2 are taken. The kernel opens the console there, but one that
/// finds no console leaves them free, and a task's pipe must never land on them.
void occupy_standard_descriptors();

/// One line `workspace-agent: TEXT` on the guest's console, which the node keeps for the job's
/// error text: the only way to be heard before the network is up.
void report(std::string_view text);

/// Reports and powers the guest off. The node sees the VM end and shows the console's last lines; a
/// guest that only hung would cost the job its whole boot timeout.
[[noreturn]] void fail(std::string_view text);

}  // namespace workspace::agent
