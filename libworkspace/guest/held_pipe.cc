#include "libworkspace/guest/held_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "libworkspace/guest/protocol.h"

namespace workspace {
namespace {

constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

}  // namespace

bool HeldPipe::make() {
  if (read_end_) return true;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  read_end_ = std::make_shared<const UniqueFd>(ends[0]);
  write_end_ = UniqueFd(ends[1]);
  // A user with many pipes gets a smaller one.
  ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(kStreamWindowBytes));
  return true;
}

ssize_t HeldPipe::take(int from, std::size_t most) {
  if (!make()) {
    errno = EINVAL;
    return -1;
  }
  const ssize_t moved = ::splice(from, nullptr, write_end_.get(), nullptr, most, kFlags);
  if (moved > 0) bytes_ += static_cast<std::size_t>(moved);
  return moved;
}

std::size_t HeldPipe::put(std::string_view bytes) {
  const ssize_t written = ::write(write_end_.get(), bytes.data(), bytes.size());
  if (written <= 0) return 0;
  bytes_ += static_cast<std::size_t>(written);
  return static_cast<std::size_t>(written);
}

ssize_t HeldPipe::give(int to) {
  const ssize_t moved = ::splice(read_end_->get(), nullptr, to, nullptr, bytes_, kFlags);
  if (moved > 0) bytes_ -= static_cast<std::size_t>(moved);
  return moved;
}

std::string HeldPipe::copy_out() {
  std::string copy(bytes_, '\0');
  std::size_t have = 0;
  while (have < copy.size()) {
    const ssize_t got = ::read(read_end_->get(), copy.data() + have, copy.size() - have);
    if (got > 0) {
      have += static_cast<std::size_t>(got);
    } else if (got == 0 || errno != EINTR) {
      break;
    }
  }
  copy.resize(have);
  bytes_ = 0;
  return copy;
}

std::shared_ptr<const UniqueFd> HeldPipe::leave(std::size_t count) {
  bytes_ -= count;
  return read_end_;
}

}  // namespace workspace
