#pragma once

#include <string>

namespace workspace::agent {

/// Mounts the kernel's cgroup2 at `path`, where the agent finds it from then on. A kernel without
/// (an image's own) is reported, and the guest goes on without.
void mount_cgroups(const std::string& path);

/// Where mount_cgroups() has mounted them; empty: nowhere, and the cgroups that may be there are
/// someone else's.
const std::string& cgroups_folder();

/// Writes to a control file of cgroups(7); false, with errno, where this fails.
bool write_cgroup_control(const std::string& path, const char* text);

/// Moves this process to the cgroup `name` below the folder, which is made if need be; the empty
/// name is the root's. Errors: kGuest.
void enter_cgroup(const std::string& name);

}  // namespace workspace::agent
