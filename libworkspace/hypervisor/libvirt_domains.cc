#include "libworkspace/hypervisor/libvirt_domains.h"

#include <pugixml.hpp>

#include "libworkspace/base/log.h"
#include "libworkspace/hypervisor/domain_xml.h"
#include "libworkspace/hypervisor/xen_qdisks.h"

namespace workspace {
namespace {

/// libvirt takes a domain away between any two calls.
bool has_gone() {
  const virError* const error = virGetLastError();
  return error != nullptr && error->code == VIR_ERR_NO_DOMAIN;
}

std::optional<DomainOwner> owner_of(const DomainHandle& domain) {
  const LibvirtText element(virDomainGetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT,
                                                 kMetadataUri, VIR_DOMAIN_AFFECT_LIVE));
  return element ? owner_in_metadata(element.get()) : std::nullopt;
}

/// True when the domain has that much. The two differ by less than a page on Xen.
bool has_memory(const DomainHandle& domain, std::uint64_t memory_mib) {
  virDomainInfo info{};
  if (virDomainGetInfo(domain.get(), &info) != 0) {
    if (has_gone()) return false;
    throw_libvirt("libvirt");
  }
  return (info.memory + 512) >> 10U == memory_mib;
}

/// libvirt's `hard_limit`, in KiB. A guest is not refused for what the node's libvirt cannot do.
void bound_process_memory(const DomainHandle& domain, std::uint64_t most_mib) {
  virTypedParameterPtr parameters = nullptr;
  int count = 0;
  int room = 0;
  virTypedParamsAddULLong(&parameters, &count, &room, VIR_DOMAIN_MEMORY_HARD_LIMIT,
                          most_mib * 1024);
  const int result =
      virDomainSetMemoryParameters(domain.get(), parameters, count, VIR_DOMAIN_AFFECT_LIVE);
  virTypedParamsFree(parameters, count);
  if (result != 0) {
    log_warning("the memory of QEMU's process is not bounded: " +
                printable(virGetLastErrorMessage(), 512));
  }
}

}  // namespace

DomainHandle find_domain(const Connection& connection, JobId job) {
  DomainHandle domain(virDomainLookupByName(connection.get(), domain_name(job).c_str()));
  if (domain) return domain;
  const virError* const error = virGetLastError();
  if (error == nullptr || error->code != VIR_ERR_NO_DOMAIN) throw_libvirt(domain_name(job));
  return nullptr;
}

DomainState state_of(const DomainHandle& domain) {
  int state = VIR_DOMAIN_NOSTATE;
  if (virDomainGetState(domain.get(), &state, nullptr, 0) != 0) {
    if (has_gone()) return DomainState::kStopped;
    throw_libvirt("libvirt");
  }
  switch (state) {
    case VIR_DOMAIN_PAUSED:
    case VIR_DOMAIN_PMSUSPENDED:
      return DomainState::kPaused;
    case VIR_DOMAIN_SHUTDOWN:
    case VIR_DOMAIN_SHUTOFF:
    case VIR_DOMAIN_CRASHED:
      return DomainState::kStopped;
    default:  // Xen tells an idle guest as blocked, and a new one as without state
      return DomainState::kRunning;
  }
}

std::vector<DomainStatus> list_domains(const Connection& connection) {
  virDomainPtr* array = nullptr;
  const int count =
      virConnectListAllDomains(connection.get(), &array, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  if (count < 0) throw_libvirt("libvirt");
  std::vector<DomainHandle> domains(array, array + count);
  std::free(static_cast<void*>(array));

  std::vector<DomainStatus> found;
  for (const auto& domain : domains) {
    // Without a name it might be a job's: passed over, it would be left.
    const char* const name = virDomainGetName(domain.get());
    if (name == nullptr) throw_libvirt("libvirt");
    const auto job = job_of_domain(name);
    if (!job) continue;
    DomainStatus& status = found.emplace_back(*job);
    status.state = state_of(domain);
    status.owner = owner_of(domain);
  }
  return found;
}

bool try_set_memory(const Connection& connection, JobId job, std::uint64_t memory_mib) {
  const DomainHandle domain = find_domain(connection, job);
  if (!domain) throw Error(ErrorKind::kGuest, "the VM has ended");
  if (has_memory(domain, memory_mib)) return true;
  if (virDomainSetMemoryFlags(domain.get(), static_cast<unsigned long>(memory_mib << 10U),
                              VIR_DOMAIN_AFFECT_LIVE) != 0)
    throw_libvirt(domain_name(job));
  return has_memory(domain, memory_mib);
}

Destruction try_destroy(const Connection& connection, JobId job, std::string& failure) {
  const DomainHandle domain = find_domain(connection, job);
  if (!domain) return Destruction::kNothing;
  // A defined domain of this name that does not run holds nothing of the job. One that is not
  // defined either is being started, by a prolog that was killed meanwhile, or is just going.
  if (virDomainIsActive(domain.get()) == 0) {
    const bool is_defined = virDomainIsPersistent(domain.get()) == 1;
    return is_defined ? Destruction::kNothing : Destruction::kPending;
  }
  if (virDomainDestroy(domain.get()) != 0) failure = printable(virGetLastErrorMessage(), 1024);
  // What the call says is not believed: the next look tells.
  const DomainHandle again = find_domain(connection, job);
  const bool is_gone = !again || virDomainIsActive(again.get()) == 0;
  return is_gone ? Destruction::kDone : Destruction::kPending;
}

void start_domain(const Connection& connection, const std::string& xml,
                  std::uint64_t process_memory_mib) {
  const DomainHandle domain(virDomainCreateXML(connection.get(), xml.c_str(), VIR_DOMAIN_NONE));
  if (!domain) throw_libvirt("libvirt");
  if (process_memory_mib != 0) bound_process_memory(domain, process_memory_mib);
}

void start_capped_domain(const Connection& connection, const std::string& xml, std::size_t disks,
                         const DiskCaps& caps, Deadline deadline) {
  const DomainHandle domain(
      virDomainCreateXML(connection.get(), xml.c_str(), VIR_DOMAIN_START_PAUSED));
  if (!domain) throw_libvirt("libvirt");
  cap_qdisks(qdisk_monitor(virDomainGetID(domain.get())), disks, caps, deadline);
  if (virDomainResume(domain.get()) != 0) throw_libvirt("libvirt");
}

std::string capabilities_of(const Connection& connection) {
  const LibvirtText xml(virConnectGetCapabilities(connection.get()));
  if (!xml) throw_libvirt("libvirt's capabilities");
  return xml.get();
}

std::string monitor_of_disks(const Connection& connection, JobId job) {
  const DomainHandle domain = find_domain(connection, job);
  if (!domain || state_of(domain) == DomainState::kStopped) return {};
  const LibvirtText xml(virDomainGetXMLDesc(domain.get(), 0));
  pugi::xml_document document;
  if (!xml || !document.load_string(xml.get())) throw_libvirt(domain_name(job));
  const auto driver = document.child("domain").child("devices").child("disk").child("driver");
  if (std::string_view(driver.attribute("name").value()) != "qemu") return {};
  return qdisk_monitor(virDomainGetID(domain.get()));
}

ConsoleSource console_source(const Connection& connection, JobId job) {
  const DomainHandle domain = find_domain(connection, job);
  if (!domain) return {};
  const LibvirtText xml(virDomainGetXMLDesc(domain.get(), 0));
  pugi::xml_document document;
  if (!xml || !document.load_string(xml.get())) return {};
  const auto devices = document.child("domain").child("devices");
  return {devices.child("serial").child("source").attribute("path").value(),
          devices.child("console").attribute("tty").value()};
}

}  // namespace workspace
