#include "libworkspace/base/random.h"

#include <sys/random.h>

#include <cstdint>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {

std::string random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> buffer(bytes);
  for (std::size_t filled = 0; filled < bytes;) {
    const ssize_t got = ::getrandom(buffer.data() + filled, bytes - filled, 0);
    if (got < 0) throw_errno("drawing random bytes");
    filled += static_cast<std::size_t>(got);
  }
  return to_hex(buffer);
}

}  // namespace workspace
