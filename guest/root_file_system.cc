#include "guest/root_file_system.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "guest/files.h"
#include "guest/machine.h"
#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

constexpr std::chrono::seconds kDiskAppears(10);
constexpr char kImage[] = "/image";
constexpr char kLayers[] = "/layers";
constexpr char kScratch[] = "/scratch";
constexpr char kRoot[] = "/overlay";

void make_shared_folder(const char* path) {
  make_folders(path);
  if (::chmod(path, 01777) != 0) throw_guest_errno(std::string("opening up ") + path);
}

/// Programs find their own descriptors by these names; devtmpfs does not make them.
void link_descriptors() {
  const struct {
    const char* target;
    const char* path;
  } links[] = {{"/proc/self/fd", "/dev/fd"},
               {"/proc/self/fd/0", "/dev/stdin"},
               {"/proc/self/fd/1", "/dev/stdout"},
               {"/proc/self/fd/2", "/dev/stderr"}};
  for (const auto& link : links) {
    if (::symlink(link.target, link.path) != 0 && errno != EEXIST)
      throw_guest_errno(std::string("linking ") + link.path);
  }
}

}  // namespace

void mount_kernel_file_systems() {
  for (const char* folder : {"/proc", "/sys", "/dev"}) make_folders(folder);
  mount_at("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  mount_at("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  // Some kernels mount it themselves.
  if (::mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755") != 0 && errno != EBUSY)
    throw_guest_errno("mounting devtmpfs at /dev");
}

void mount_image(const GuestConfig& config) {
  make_folders(kImage);
  // noload: the journal of an image that many guests share is not to be played back.
  mount_at(wait_for_disk(config.root_device, kDiskAppears), kImage,
           std::string(name_of(config.root_format)).c_str(), MS_RDONLY,
           config.root_format == RootFormat::kExt4 ? "noload" : "");
  for (const auto& device : config.layer_devices) {
    const std::string place = std::string(kLayers) + "/" + device;
    make_folders(place);
    mount_at(wait_for_disk(device, kDiskAppears), place, "squashfs", MS_RDONLY, "");
  }
}

void mount_scratch(const GuestConfig& config) {
  make_folders(kScratch);
  mount_at(wait_for_disk(config.scratch_device, kDiskAppears), kScratch, "ext4", MS_NOATIME, "");
  for (const char* name : {"/upper", "/work"}) make_folders(std::string(kScratch) + name);
}

void lay_overlay(const GuestConfig& config) {
  make_folders(kRoot);
  // The uppermost comes first.
  std::string lower;
  for (auto device = config.layer_devices.rbegin(); device != config.layer_devices.rend(); ++device)
    lower += std::string(kLayers) + "/" + *device + ":";
  mount_at("overlay", kRoot, "overlay", 0,
           "lowerdir=" + lower + kImage + ",upperdir=" + kScratch + "/upper,workdir=" + kScratch +
               "/work");
}

void enter_root() {
  for (const std::string folder : {"/proc", "/sys", "/dev"}) {
    make_folders(kRoot + folder);
    if (::mount(folder.c_str(), (kRoot + folder).c_str(), nullptr, MS_MOVE, nullptr) != 0)
      throw_guest_errno("moving " + folder + " into the root");
  }
  // The initrd cannot be left by pivot_root(2): it is the kernel's first root. So the overlay is
  // put over it, as switch_root(8) does.
  if (::chdir(kRoot) != 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 ||
      ::chroot(".") != 0 || ::chdir("/") != 0)
    throw_guest_errno("entering the root");
}

void mount_system_folders() {
  link_descriptors();
  for (const char* folder : {"/dev/pts", "/dev/shm", "/run"}) make_folders(folder);
  mount_at("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620,ptmxmode=0666");
  mount_at("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_at("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
  make_shared_folder("/tmp");
  make_shared_folder("/var/tmp");
  make_shared_folder("/run/lock");
}

}  // namespace workspace::agent
