#pragma once

#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// Mounts /proc, /sys and /dev in the initrd.
void mount_kernel_file_systems();

/// Mounts the image and its layers read-only and the scratch disk, and lays an overlay of them.
/// Errors: kGuest.
void mount_image(const GuestConfig& config);
void mount_scratch(const GuestConfig& config);
void lay_overlay(const GuestConfig& config);

/// Makes the overlay this process's root and takes the kernel's file systems along.
void enter_root();

/// What every Linux program expects to find: /dev/pts, /dev/shm, /tmp and /run.
void mount_system_folders();

}  // namespace workspace::agent
