#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/hypervisor/hypervisor.h"
#include "libworkspace/hypervisor/loop_device.h"

namespace workspace {

// Xen's block backend in the kernel knows no bounds of a disk. A domain whose disks are to have
// some has them from QEMU instead: `qdisk`, xl-disk-configuration(5). libxl starts one QEMU for
// such a domain and ends it with the domain; its monitor takes the bounds.

/// What a domain's disks have done together.
struct DiskBytes {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
};

/// Where libxl has the monitor of a domain's QEMU: the one that it leaves to statistics.
std::string qdisk_monitor(unsigned domain_id);

/// A read-only image as a qcow2 disk for a domain of its own. QEMU 7.2 serves Xen no disk that is
/// read-only ("Block node is read-only", its hw/block/xen-block.c asks for writing where the node
/// below forbids it), so the guest gets one without room for a single write: each fails with an I/O
/// error. The image is never opened for writing, and the qcow2 is in memory, gone with the device.
/// Errors: kHost; kTimeout.
LoopDevice make_qdisk_view(const std::string& image, Deadline deadline);

/// Bounds the disks of a domain that has `disks` of them, and QEMU's log, which a guest can make it
/// write. To be called before the domain runs. Errors: kHost, also when QEMU has other disks than
/// the domain; kTimeout.
void cap_qdisks(const std::string& monitor, std::size_t disks, const DiskCaps& caps,
                Deadline deadline);

/// The QEMU with this monitor, by pidfd_open(2); not valid when it has died. Errors: kHost;
/// kTimeout: more clients than QEMU has room for are waiting there.
UniqueFd qdisk_server(const std::string& monitor, Deadline deadline);

/// Nothing when no such QEMU is there. Errors: kHost; kTimeout.
std::optional<DiskBytes> qdisk_bytes(const std::string& monitor, Deadline deadline);

}  // namespace workspace
