#include "libworkspace/hypervisor/loop_device.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

/// The file behind a loop device; empty when none is attached.
std::string backing_file(const std::string& device) {
  std::string file;
  std::getline(std::ifstream("/sys/block/" + device.substr(5) + "/loop/backing_file"), file);
  return file;
}

/// Some kernels refuse to open a read-only device for writing, others refuse the write.
bool can_write(const std::string& device) {
  const UniqueFd fd(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  return fd.valid() && ::pwrite(fd.get(), "y", 1, 0) == 1;
}

/// The kernel detaches a device a moment after its last user is gone.
bool is_detached_soon(const std::string& device) {
  for (int i = 0; i < 100 && !backing_file(device).empty(); ++i) ::poll(nullptr, 0, 20);
  return backing_file(device).empty();
}

TEST(LoopDeviceTest, VanishesWithItsLastUser) {
  const TemporaryFolder folder;
  const std::string file = folder.write("disk", std::string(1 << 20, 'x'));
  std::optional<LoopDevice> loop(std::in_place, file, true);
  const std::string device = loop->path();
  EXPECT_EQ(backing_file(device), file);

  // As a domain does: it opens the device while the prolog still holds it.
  UniqueFd domain(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  loop.reset();
  EXPECT_EQ(backing_file(device), file);
  domain.reset();
  EXPECT_TRUE(is_detached_soon(device));
}

TEST(LoopDeviceTest, AReadOnlyFileCannotBeWrittenThroughIt) {
  const TemporaryFolder folder;
  const std::string file = folder.write("disk", std::string(1 << 20, 'x'));
  const LoopDevice image(file, true);
  EXPECT_FALSE(can_write(image.path()));
  const LoopDevice scratch(file, false);
  EXPECT_NE(image.path(), scratch.path());
  EXPECT_TRUE(can_write(scratch.path()));
}

TEST(LoopDeviceTest, TellsWhatItCannotAttach) {
  const TemporaryFolder folder;
  expect_error([&] { LoopDevice(folder.file("none"), true); }, ErrorKind::kHost,
               "opening " + folder.file("none") + ": No such file or directory");
  const std::string file = folder.write("disk", "x");
  ASSERT_EQ(::symlink(file.c_str(), folder.file("link").c_str()), 0);
  expect_error([&] { LoopDevice(folder.file("link"), true); }, ErrorKind::kHost,
               "opening " + folder.file("link") + ": Too many levels of symbolic links");
}

}  // namespace
}  // namespace workspace
