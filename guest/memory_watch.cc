#include "guest/memory_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "guest/files.h"
#include "guest/report.h"
#include "guest/task_cgroup.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

/// 100 ms of a second in which some task waited for memory.
constexpr std::string_view kTrigger = "some 100000 1000000";
/// How long it is watched after that, and how often looked at.
constexpr std::chrono::milliseconds kAttention(3000);
constexpr std::chrono::milliseconds kInterval(50);
/// What a killed process may take to let go of its memory before the next one has to.
constexpr std::chrono::milliseconds kTimeToEnd(1000);

constexpr std::uint64_t kRoomPart = 64;
constexpr std::uint64_t kLeastRoom = std::uint64_t{2} << 20;
constexpr std::uint64_t kMostRoom = std::uint64_t{32} << 20;

/// A line is `anon 12345`.
std::optional<std::uint64_t> value_of(std::string_view memory_stat, std::string_view key) {
  for (const std::string& line : split(memory_stat, '\n')) {
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return parse_decimal(line.substr(key.size() + 1));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> room_for_files(std::string_view memory_stat, std::uint64_t limit) {
  const auto anonymous = value_of(memory_stat, "anon");
  const auto shared = value_of(memory_stat, "shmem");
  if (!anonymous || !shared) return std::nullopt;
  const std::uint64_t kernel = value_of(memory_stat, "kernel").value_or(0);
  const std::uint64_t returned = value_of(memory_stat, "slab_reclaimable").value_or(0);
  const std::uint64_t kept = *anonymous + *shared + kernel - std::min(kernel, returned);
  return limit - std::min(limit, kept);
}

std::uint64_t least_room_for_files(std::uint64_t limit) {
  return std::clamp(limit / kRoomPart, kLeastRoom, kMostRoom);
}

MemoryWatch::MemoryWatch() : next_end_(Deadline::in({})) {
  if (!TaskCgroup::memory_limit()) return;
  pressure_ = UniqueFd(
      ::open(TaskCgroup::of_all("memory.pressure").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  // With its ending 0, as the kernel's own example writes it.
  if (pressure_.valid() && ::write(pressure_.get(), kTrigger.data(), kTrigger.size() + 1) < 0)
    pressure_.reset();
  if (!pressure_.valid()) report("this kernel does not tell when tasks wait for memory");
}

int MemoryWatch::poll_ms() const {
  return watched_until_ ? static_cast<int>(kInterval.count()) : -1;
}

void MemoryWatch::look(bool pressed) {
  if (pressed) watched_until_ = Deadline::in(kAttention);
  if (!watched_until_) return;
  if (watched_until_->passed()) watched_until_.reset();
  if (!next_end_.passed()) return;
  try {
    end_largest_if_full();
  } catch (const Error& e) {
    report(e.text());
  }
}

void MemoryWatch::end_largest_if_full() {
  // It changes when the VM is resized.
  const auto limit = TaskCgroup::memory_limit();
  if (!limit) return;
  const auto room = room_for_files(read_small_file(TaskCgroup::of_all("memory.stat")), *limit);
  if (!room || *room >= least_room_for_files(*limit)) return;
  next_end_ = Deadline::in(kTimeToEnd);
  const UniqueFd trigger(::open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC));
  if (!trigger.valid() || ::write(trigger.get(), "f", 1) != 1)
    throw_guest_errno("having the kernel end a process for want of memory");
}

}  // namespace workspace::agent
