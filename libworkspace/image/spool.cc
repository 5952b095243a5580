#include "libworkspace/image/spool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "libworkspace/base/error.h"

namespace workspace {

void Spool::append(std::span<const char> bytes) {
  const bool hole = std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
  std::span<const char> rest = hole ? std::span<const char>() : bytes;
  auto at = static_cast<off_t>(end_);
  while (!rest.empty()) {
    const ssize_t put = ::pwrite(fd_, rest.data(), rest.size(), at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw_errno("writing the work file");
    rest = rest.subspan(static_cast<std::size_t>(put));
    at += put;
  }
  end_ += bytes.size();
}

void Spool::read(std::uint64_t offset, std::span<char> buffer) const {
  auto at = static_cast<off_t>(offset);
  while (!buffer.empty()) {
    const ssize_t got = ::pread(fd_, buffer.data(), buffer.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("reading the work file");
    if (got == 0) {
      // Behind the last byte that was no hole.
      std::fill(buffer.begin(), buffer.end(), '\0');
      return;
    }
    buffer = buffer.subspan(static_cast<std::size_t>(got));
    at += got;
  }
}

}  // namespace workspace
