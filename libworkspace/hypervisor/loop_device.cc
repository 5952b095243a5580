#include "libworkspace/hypervisor/loop_device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

/// Other programs take free devices too; each try that loses the race finds another one free.
constexpr int kMaxTries = 64;

int open_mode(bool read_only) { return (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC; }

UniqueFd open_plainly(const std::string& file, bool read_only) {
  UniqueFd fd(::open(file.c_str(), open_mode(read_only) | O_NOFOLLOW));
  if (!fd.valid()) throw_errno("opening " + file);
  return fd;
}

struct loop_config configuration(int file, const std::string& name, bool read_only) {
  struct loop_config config {};
  config.fd = static_cast<__u32>(file);
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  if (read_only) config.info.lo_flags |= LO_FLAGS_READ_ONLY;
  // What losetup shows; cut at the kernel's length, with its NUL.
  const std::size_t length = std::min<std::size_t>(name.size(), LO_NAME_SIZE - 1);
  std::copy_n(name.data(), length, reinterpret_cast<char*>(config.info.lo_file_name));
  return config;
}

}  // namespace

LoopDevice::LoopDevice(const std::string& file, bool read_only)
    : LoopDevice(open_plainly(file, read_only).get(), file, read_only) {}

LoopDevice::LoopDevice(int file, const std::string& name, bool read_only) {
  const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.valid()) throw_errno("opening /dev/loop-control");
  const struct loop_config config = configuration(file, name, read_only);
  for (int i = 0; i < kMaxTries; ++i) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) throw_errno("finding a free loop device");
    path_ = "/dev/loop" + std::to_string(number);
    fd_.reset(::open(path_.c_str(), open_mode(read_only)));
    if (!fd_.valid()) throw_errno("opening " + path_);
    if (::ioctl(fd_.get(), LOOP_CONFIGURE, &config) == 0) return;
    if (errno != EBUSY) throw_errno("attaching " + name + " to " + path_);
  }
  throw Error(ErrorKind::kHost, "no free loop device for " + name);
}

}  // namespace workspace
