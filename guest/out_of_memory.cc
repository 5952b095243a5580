#include "guest/out_of_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "guest/report.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

constexpr char kScoreFile[] = "/proc/self/oom_score_adj";
constexpr std::string_view kAvailable = "MemAvailable:";
constexpr std::string_view kUnit = " kB";

/// Of the memory that is available: a thirty-second part, within these bounds.
constexpr std::uint64_t kReservedPart = 32;
constexpr std::uint64_t kLeastReserved = std::uint64_t{8} << 20;
constexpr std::uint64_t kMostReserved = std::uint64_t{256} << 20;

bool set_score(std::string_view score) {
  const UniqueFd fd(::open(kScoreFile, O_WRONLY | O_CLOEXEC));
  return fd.valid() &&
         ::write(fd.get(), score.data(), score.size()) == static_cast<ssize_t>(score.size());
}

/// A line is `MemAvailable:   12345 kB`.
std::uint64_t available_kib(std::string_view meminfo) {
  for (const std::string& line : split(meminfo, '\n')) {
    if (!line.starts_with(kAvailable) || !line.ends_with(kUnit)) continue;
    const std::size_t begin = line.find_first_not_of(' ', kAvailable.size());
    const std::string number = line.substr(begin, line.size() - kUnit.size() - begin);
    if (const auto kib = parse_decimal(number, UINT64_MAX >> 10)) return *kib;
  }
  throw Error(ErrorKind::kGuest, "/proc/meminfo does not say how much memory is available");
}

}  // namespace

std::uint64_t memory_of_tasks(std::string_view meminfo) {
  const std::uint64_t available = available_kib(meminfo) << 10;
  const std::uint64_t reserved =
      std::clamp(available / kReservedPart, kLeastReserved, kMostReserved);
  return available - std::min(reserved, available / 2);
}

void spare_agent() {
  if (!set_score("-1000")) report("this kernel may end the agent when the memory is full");
}

// What started it may be a test that is no agent; nothing is lost then.
void offer_task() { (void)set_score("0"); }

}  // namespace workspace::agent
