#include "libworkspace/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "libworkspace/base/error.h"

namespace workspace {

FileLock::FileLock(const std::string& path, Deadline deadline)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (!fd_.valid() && errno == ENOENT)
    throw Error(ErrorKind::kNotFound, "opening the lock " + path + ": there is no such folder");
  if (!fd_.valid()) throw_errno("opening the lock " + path);
  // flock has no deadline of its own; a short, growing pause costs less than a thread and a signal.
  auto pause = std::chrono::milliseconds(2);
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) throw_errno("locking " + path);
    if (deadline.passed())
      throw Error(ErrorKind::kTimeout, "another process held the lock " + path + " too long");
    std::this_thread::sleep_for(std::min(pause, deadline.left()));
    pause = std::min(pause * 2, std::chrono::milliseconds(100));
  }
}

bool FileLock::is_file_at(const std::string& path) const {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd_.get(), &held) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

}  // namespace workspace
