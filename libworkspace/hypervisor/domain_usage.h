#pragma once

#include "libworkspace/base/deadline.h"
#include "libworkspace/hypervisor/libvirt_handles.h"
#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/job_report.h"

namespace workspace {

/// What libvirt tells of a domain's use, call by call: Xen's driver has no virDomainListGetStats().
/// What it does not tell is left out; all of it without a domain. Of disks that a QEMU serves Xen
/// that QEMU is asked.
///
/// The memory's peak is, for QEMU, that of its process (VmHWM, proc_pid_status(5)), and for Xen the
/// domain's own, which holds all of it from the beginning.
VmUsage read_usage(const DomainHandle& domain, HypervisorKind kind, Deadline deadline);

}  // namespace workspace
