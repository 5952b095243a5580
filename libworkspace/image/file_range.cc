#include "libworkspace/image/file_range.h"

#include <unistd.h>

#include <cerrno>

#include "libworkspace/base/error.h"

namespace workspace {

std::string read_at(int fd, std::uint64_t offset_bytes, std::size_t most, const std::string& name) {
  std::string bytes(most, '\0');
  std::size_t done = 0;
  while (done < most) {
    const ssize_t got =
        ::pread(fd, bytes.data() + done, most - done, static_cast<off_t>(offset_bytes + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("reading " + name);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace workspace
