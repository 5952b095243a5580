#pragma once

#include <string>

namespace workspace::agent {

/// An image's own init as PID 1 (`boot: init`), and the agent beside it.
///
/// The agent is a process that was there before the init, not a service that the init starts: this
/// asks nothing of the image, works with every init, does not depend on what the image orders
/// before what, and the node hears of how the start goes while it goes. systemd leaves such a
/// process alone: it does not touch the cgroup that the process brings along, and spares it at
/// shutdown for the `@` that its name begins with (systemd's "Using /run/initramfs and Storage
/// Daemons for the Root File System").

/// Lays out what an init reads: an identity for this VM, and no disks but the root. Errors: kGuest.
void prepare_for_init();

/// Parts the agent in two: PID 1 becomes the image's /sbin/init, and a copy goes on, in which this
/// returns. `own_name` is main()'s argv[0]. Errors: kGuest, the image has no such program.
void hand_over_to_init(char* own_name);

/// `starting`; once the image's system is up, what it says of itself: `running`, or `degraded:` and
/// the units that failed. One line.
std::string system_state();

/// The first line of what an init left in the file that says that its system is up.
std::string state_of_sign(const std::string& content);

/// The units of `systemctl --failed --plain --no-legend`, the first of them, by comma.
std::string failed_units(const std::string& listing);

}  // namespace workspace::agent
