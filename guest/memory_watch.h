#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"

namespace workspace::agent {

/// What a cgroup may still take for the pages of files: its limit, less what the kernel cannot take
/// back (memory.stat of cgroup v2: anon, shmem, and kernel but for slab_reclaimable). 0 when that
/// is more than the limit; nothing when the text does not tell.
std::optional<std::uint64_t> room_for_files(std::string_view memory_stat, std::uint64_t limit);

/// With so little room a task's own programs do not stay in memory while they run.
std::uint64_t least_room_for_files(std::uint64_t limit);

/// Has the kernel kill a process when the tasks' memory is full.
///
/// The kernel by itself does so only when it finds nothing to take back. Before that it takes the
/// pages of the very programs that run, again and again, each read anew from the image: the guest
/// then stands still for minutes, with all that is in it. So where the kernel says that the tasks
/// wait for memory (PSI, Documentation/accounting/psi.rst), this looks at what they have, and ends
/// the one with the most as the kernel would (Documentation/admin-guide/sysrq.rst, `f`). A kernel
/// without PSI is left to itself.
class MemoryWatch {
 public:
  MemoryWatch();

  /// For poll(2): POLLPRI when the tasks wait for memory; -1: it cannot be known.
  [[nodiscard]] int fd() const { return pressure_.get(); }
  /// When look() is wanted at the latest, whatever fd() says; -1: never.
  [[nodiscard]] int poll_ms() const;
  /// `pressed`: fd() has said so.
  void look(bool pressed);

 private:
  void end_largest_if_full();

  UniqueFd pressure_;
  std::optional<Deadline> watched_until_;
  Deadline next_end_;
};

}  // namespace workspace::agent
