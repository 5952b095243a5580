#pragma once

#include <string>

#include "guest/modules.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/messages.h"

namespace workspace::agent {

/// Mounts a folder of the node's, or a single file of it: answers kOk on the connection and then
/// gives it to the kernel's 9p client, which speaks on it for as long as the mount lives. How the
/// mount went is kept for report_mount(). Errors: kInvalid, kGuest: it was not begun.
void mount_directory(UniqueFd socket, const MountRequest& request, const Modules& modules);

/// Waits until a begun mount has ended and answers kOk or throws kGuest with its reason.
void report_mount(int socket, const MountRequest& request);

/// The options of mount(2) for a 9p server at the other end of descriptor `fd`. Errors: kInvalid.
std::string mount_options(const MountRequest& request, int fd);

}  // namespace workspace::agent
