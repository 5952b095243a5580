#pragma once

#include <cstdint>
#include <string_view>

#include "guest/modules.h"
#include "libworkspace/guest/messages.h"

namespace workspace::agent {

/// Takes vCPUs offline, or online again, until the first `vcpus` of them are online; sees to it
/// that the balloon's driver is there and that the memory can be spared; and bounds the tasks by
/// what is left to them. Errors: kGuest, in words for the job's owner.
void resize_machine(const MachineSize& size, const Modules& modules);

/// The memory that programs could still have, by the text of /proc/meminfo (proc(5)), in MiB; 0
/// when it does not say.
std::uint64_t available_mib(std::string_view meminfo);

}  // namespace workspace::agent
