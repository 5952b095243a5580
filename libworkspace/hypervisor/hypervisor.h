#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/model/cpu_topology.h"
#include "libworkspace/model/digest.h"
#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/job_names.h"
#include "libworkspace/model/job_report.h"
#include "libworkspace/model/pci_address.h"

namespace workspace {

/// Whose domain it is. It travels in the domain's metadata, which makes the hypervisor the ledger
/// that prolog, epilog and reconcile compare with Slurm's jobs.
struct DomainOwner {
  JobId job;
  std::uint32_t uid = 0;
  std::string image;  ///< NAME:VERSION
  Digest digest;

  bool operator==(const DomainOwner&) const = default;
};

/// A raw disk file. The format is always named to the hypervisor, never probed.
struct DomainDisk {
  std::string path;  ///< absolute
  bool read_only = true;
  /// Whether what the guest discards goes back to the node; a disk with reserved space keeps it.
  bool gives_back = false;
};

/// What a domain's disks may do together per second; 0: no bound.
struct DiskCaps {
  std::uint64_t iops = 0;
  std::uint64_t bytes_per_s = 0;

  [[nodiscard]] bool any() const { return iops != 0 || bytes_per_s != 0; }
};

/// A job's VM, in terms that both hypervisors share. How each of them is told is domain_xml's.
struct DomainDescription {
  explicit DomainDescription(DomainOwner whose) : owner(std::move(whose)) {}

  DomainOwner owner;
  std::uint32_t vcpus = 1;
  std::uint64_t memory_mib = 0;
  /// QEMU with the hardware's virtualisation: what its process may take of the node's memory, the
  /// guest's included; 0: no bound. Xen gives a domain its memory and no more, and an emulator
  /// keeps what it has translated besides.
  std::uint64_t process_memory_mib = 0;
  /// Machine CPUs, one for each vCPU in order; empty leaves the choice to the hypervisor.
  std::vector<std::uint32_t> pinned_cpus;
  /// QEMU: the NUMA node that the VM's memory comes from as long as it has some; nothing leaves it
  /// to the kernel, which takes memory near the CPU that first touches it. Xen takes it near the
  /// CPUs that it chose itself when it made the domain.
  std::optional<std::uint32_t> numa_node;

  std::string kernel;  ///< absolute path of an uncompressed vmlinux
  /// Absolute path of this job's own file. Where QEMU does not run as root, create() gives the file
  /// to its user, who must be able to walk to it (mode 0711 of the folders is enough).
  std::string initrd;
  std::string kernel_options;  ///< the site's, behind the project's own
  /// In the order of disk_device. A writable disk is this job's own file, as the initrd is.
  std::vector<DomainDisk> disks;
  /// What the disks together may do. On Xen a domain with such bounds has its disks from a QEMU of
  /// its own.
  DiskCaps disk_caps;
  /// Devices of the machine that are the guest's alone. libvirt takes them from the node's drivers
  /// and gives them back at the domain's end.
  std::vector<PciAddress> pci_devices;
  /// The address of the second NIC, on the job's private network; empty: there is none.
  std::string private_mac;
  std::string console_log;  ///< absolute path of a file for the console's output (QEMU)
};

/// Where a domain stands.
enum class DomainState {
  kRunning,  ///< running, or starting
  kPaused,
  kStopped,  ///< shut down or crashed; still holds memory and needs destroy()
};

struct DomainStatus {
  explicit DomainStatus(JobId id) : job(id) {}

  JobId job;  ///< from the domain's name
  DomainState state = DomainState::kRunning;
  /// Missing when the domain carries no metadata that can be read: it is then not ours to explain,
  /// but its name is.
  std::optional<DomainOwner> owner;
};

/// The process that serves a domain's disks, where it is not the hypervisor itself.
struct DiskServer {
  bool is_needed = false;
  UniqueFd process;  ///< of pidfd_open(2); not valid when it has died

  /// What the guest asks of its disks then waits for ever.
  [[nodiscard]] bool is_lost() const { return is_needed && !process.valid(); }
};

/// The node's hypervisor. Looks at and touches only domains with the name that model/job_names
/// builds for a job. Not thread-safe.
///
/// Every call is bounded. Errors of all calls: kHost when the hypervisor or libvirt fails; kTimeout
/// at the deadline. No error is the user's fault here: whether a guest works, its agent tells.
class Hypervisor {
 public:
  virtual ~Hypervisor() = default;

  [[nodiscard]] virtual HypervisorKind kind() const = 0;

  /// Starts the job's domain; on return it exists and runs, which proves neither its disks nor its
  /// NIC. A domain that is there already is an error. For QEMU the tap must be there, down; for Xen
  /// the namespace, where the vif's script puts the link, and memory that is free: dom0's is not
  /// taken. A libvirt without memory cgroups cannot bound the process; a line of the log says so.
  virtual void create(const DomainDescription& description, Deadline deadline) = 0;

  /// Ends the job's domain at once, and returns when it is really gone. "Already gone" is success.
  virtual void destroy(JobId job, Deadline deadline) = 0;

  /// Stops the job's domain where it stands, its vCPUs and its devices, and lets it go on. A domain
  /// that is so already, or has ended, is fine.
  virtual void suspend(JobId job, Deadline deadline) = 0;
  virtual void resume(JobId job, Deadline deadline) = 0;

  /// Sets the memory that the job's domain has, at most what it was created with, and returns when
  /// the guest's balloon has made it so. Errors also: kGuest when the guest does not by the
  /// deadline, or has ended; the domain may then have any size between the two.
  virtual void set_memory(JobId job, std::uint64_t memory_mib, Deadline deadline) = 0;

  /// Not needed for a domain that is stopped or not there. QEMU's domains have none: they end when
  /// QEMU does.
  virtual DiskServer disk_server(JobId job, Deadline deadline) = 0;

  /// False for a domain that is stopped or not there.
  virtual bool is_running(JobId job, Deadline deadline) = 0;

  /// What the job's domain has used so far, but for the network. Never throws: what cannot be had
  /// is left out.
  virtual VmUsage usage(JobId job, Deadline deadline) noexcept = 0;

  /// All domains of jobs on this node, the stopped ones too.
  virtual std::vector<DomainStatus> list(Deadline deadline) = 0;

  /// The last lines of the guest's console, at most `max_bytes`, each line sanitised and ended by a
  /// newline; those behind a kernel's panic are left out. Empty when nothing can be had. Call it
  /// before destroy(). Never throws: it serves to explain another error.
  virtual std::string console_tail(JobId job, std::size_t max_bytes,
                                   Deadline deadline) noexcept = 0;

  /// The memory that there is for domains: QEMU: the machine's, which the node's own system shares;
  /// Xen: what is free and what domains but dom0 have, so neither dom0's nor Xen's own.
  virtual std::uint64_t memory_mib(Deadline deadline) = 0;

  /// The machine's CPUs as the hypervisor numbers them, for pinned_cpus. In a Xen dom0 these are
  /// not the CPUs that /proc and /sys show; those that dom0 itself is bound to are marked. Empty
  /// when the hypervisor does not tell.
  virtual CpuTopology cpu_topology(Deadline deadline) = 0;
};

/// The guest's name for the disk at `index`: `vda`, `vdb` … or `xvda` …
std::string disk_device(HypervisorKind kind, std::size_t index);

}  // namespace workspace
