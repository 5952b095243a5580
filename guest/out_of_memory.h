#pragma once

#include <cstdint>
#include <string_view>

/// What the guest's kernel does when its memory is full. A task that eats all of it dies, and the
/// agent lives to tell so.

namespace workspace::agent {

/// In bytes, what the guest's tasks and logins may take together: what /proc/meminfo (proc(5)),
/// whose text this is, calls available, less what the agent, one process of it for each task, and
/// the kernel's network need while they work for a task that is at its limit.
std::uint64_t memory_of_tasks(std::string_view meminfo);

/// Keeps the calling process, and what it starts, from being chosen (proc(5), oom_score_adj).
void spare_agent();

/// Makes the calling process, a task's or a login's, one to choose like any other.
void offer_task();

}  // namespace workspace::agent
