#pragma once

#include <string>

#include "libworkspace/base/deadline.h"

namespace workspace {

/// Xen's own tool, of the package xen-utils-common.
inline constexpr char kXl[] = "/usr/sbin/xl";

/// Ends a domain that Xen has and libvirt does not. A libvirtd that dies while it starts a domain
/// leaves such a one, and the next takes none that it did not start, so this is what libvirt is no
/// door to. Nothing to do where there is no such domain, or no xl. Errors: kHost; kTimeout.
void destroy_stray_domain(const std::string& name, Deadline deadline, const std::string& xl = kXl);

/// False for a domain that Xen has no more, whatever libvirt says. One that ends by another hand
/// than libvirt's while libvirt is about it stays in libvirt's list until libvirtd is restarted.
/// True without an xl, which alone could tell. Errors: kHost; kTimeout.
bool xen_has_domain(const std::string& name, Deadline deadline, const std::string& xl = kXl);

}  // namespace workspace
