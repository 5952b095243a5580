#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/hypervisor/hypervisor.h"
#include "libworkspace/hypervisor/libvirt_handles.h"

namespace workspace {

// One question to libvirt about the jobs' domains, or one act on them. None has a bound of its own
// (bounded_call.h); each throws kHost when libvirt cannot answer.

/// The job's domain, or nothing if there is none. Looked up by the exact name, so that no other
/// domain can be touched.
DomainHandle find_domain(const Connection& connection, JobId job);

/// A domain that went away meanwhile has stopped.
DomainState state_of(const DomainHandle& domain);

/// Every job's domain that is active, with its owner where its metadata tells one.
std::vector<DomainStatus> list_domains(const Connection& connection);

/// Asks for so much memory, and tells whether the domain has it already. Errors: kGuest when the
/// domain has ended.
bool try_set_memory(const Connection& connection, JobId job, std::uint64_t memory_mib);

/// What came of one try to end a domain.
enum class Destruction {
  kNothing,  ///< libvirt knows none that holds anything
  kDone,
  kPending,  ///< it is still there
};

/// One try to end the job's domain. `failure` gets what libvirt says of a try that fails.
Destruction try_destroy(const Connection& connection, JobId job, std::string& failure);

/// Starts the domain that `xml` describes. `process_memory_mib` as in DomainDescription.
void start_domain(const Connection& connection, const std::string& xml,
                  std::uint64_t process_memory_mib);

/// Starts a Xen domain of so many disks, which runs only once they have their bounds.
void start_capped_domain(const Connection& connection, const std::string& xml, std::size_t disks,
                         const DiskCaps& caps, Deadline deadline);

/// The monitor of the QEMU that serves a running Xen domain's disks; empty where none does.
std::string monitor_of_disks(const Connection& connection, JobId job);

/// The host's, as XML.
std::string capabilities_of(const Connection& connection);

/// Where the console of the job's domain can be read.
struct ConsoleSource {
  std::string file;
  std::string pty;
};

/// Empty when the domain is gone or has no console.
ConsoleSource console_source(const Connection& connection, JobId job);

}  // namespace workspace
