#include "spank_plugin/workspace_exec/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include "libworkspace/base/error.h"

namespace workspace::exec {

UniqueFd take_connection(int fd) {
  constexpr int kFirstOther = STDERR_FILENO + 1;
  UniqueFd moved(::fcntl(fd, F_DUPFD_CLOEXEC, kFirstOther));
  if (!moved.valid())
    throw Error(ErrorKind::kUsage, "descriptor " + std::to_string(fd) + " is no open connection");
  ::close(fd);
  return moved;
}

void fill_closed_stdio() {
  for (;;) {
    UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null.valid()) throw_errno("opening /dev/null");
    if (null.get() > STDERR_FILENO) return;
    null.release();
  }
}

}  // namespace workspace::exec
