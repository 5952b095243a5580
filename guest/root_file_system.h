#pragma once

#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// Mounts /proc, /sys and /dev in the initrd.
void mount_kernel_file_systems();

/// Mounts the image read-only and the scratch disk, and lays an overlay of both. Errors: kGuest.
void mount_image(const GuestConfig& config);
void mount_scratch(const GuestConfig& config);
void lay_overlay();

/// Makes the overlay this process's root and takes the kernel's file systems along.
void enter_root();

/// What every Linux program expects to find: /dev/pts, /dev/shm, /tmp, /run and cgroups.
void mount_system_folders();

}  // namespace workspace::agent
