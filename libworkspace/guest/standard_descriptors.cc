#include "libworkspace/guest/standard_descriptors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "libworkspace/base/error.h"

namespace workspace {

UniqueFd take_connection(int fd) {
  constexpr int kFirstOther = STDERR_FILENO + 1;
  UniqueFd moved(::fcntl(fd, F_DUPFD_CLOEXEC, kFirstOther));
  if (!moved.valid())
    throw Error(ErrorKind::kUsage, "descriptor " + std::to_string(fd) + " is no open connection");
  ::close(fd);
  return moved;
}

StdioKind kind_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return StdioKind::kClosed;
  constexpr unsigned kMemoryDevices = 1;
  constexpr unsigned kNullDevice = 3;
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(kMemoryDevices, kNullDevice))
    return StdioKind::kNull;
  return ::isatty(fd) == 1 ? StdioKind::kTerminal : StdioKind::kRelayed;
}

bool are_one_file(int first, int second) {
  struct stat one {};
  struct stat other {};
  return ::fstat(first, &one) == 0 && ::fstat(second, &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

std::array<StdioKind, kStreamCount> stdio_kinds() {
  std::array<StdioKind, kStreamCount> kinds{};
  for (std::size_t fd = 0; fd < kinds.size(); ++fd) kinds[fd] = kind_of(static_cast<int>(fd));
  // A terminal in the guest stands for one here in both directions. Where only one of stdin and
  // stdout is a terminal, as in `srun --pty cmd | less`, the streams are relayed one by one.
  const bool terminal =
      kinds[kStdin] == StdioKind::kTerminal && kinds[kStdout] == StdioKind::kTerminal;
  if (!terminal)
    std::replace(kinds.begin(), kinds.end(), StdioKind::kTerminal, StdioKind::kRelayed);
  const bool relayed =
      kinds[kStdout] == StdioKind::kRelayed && kinds[kStderr] == StdioKind::kRelayed;
  if (relayed && are_one_file(kStdout, kStderr)) kinds[kStderr] = StdioKind::kAsStdout;
  return kinds;
}

void fill_closed_stdio() {
  for (;;) {
    UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null.valid()) throw_errno("opening /dev/null");
    if (null.get() > STDERR_FILENO) return;
    null.release();
  }
}

}  // namespace workspace
