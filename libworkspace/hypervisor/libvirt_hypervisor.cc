#include "libworkspace/hypervisor/libvirt_hypervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>

#include "build_paths.h"
#include "libworkspace/base/bounded_call.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/hypervisor/capabilities.h"
#include "libworkspace/hypervisor/console.h"
#include "libworkspace/hypervisor/domain_xml.h"
#include "libworkspace/hypervisor/kvm.h"
#include "libworkspace/hypervisor/libvirt_handles.h"
#include "libworkspace/hypervisor/loop_device.h"

namespace workspace {
namespace {

/// Between two looks whether a domain is gone.
constexpr std::chrono::milliseconds kPollInterval{50};
/// Where Xen's console daemon logs guests, if it is told to.
constexpr char kXenConsoleLogFolder[] = "/var/log/xen/console";

/// The job's domain, or nothing if there is none. Looked up by the exact name, so that no other
/// domain can be touched.
DomainHandle find_domain(const Connection& connection, JobId job) {
  DomainHandle domain(virDomainLookupByName(connection.get(), domain_name(job).c_str()));
  if (domain) return domain;
  const virError* const error = virGetLastError();
  if (error == nullptr || error->code != VIR_ERR_NO_DOMAIN)
    throw_libvirt("looking for the domain " + domain_name(job));
  return nullptr;
}

/// libvirt takes a domain away between any two calls.
bool has_gone() {
  const virError* const error = virGetLastError();
  return error != nullptr && error->code == VIR_ERR_NO_DOMAIN;
}

DomainState state_of(const DomainHandle& domain) {
  int state = VIR_DOMAIN_NOSTATE;
  if (virDomainGetState(domain.get(), &state, nullptr, 0) != 0) {
    if (has_gone()) return DomainState::kStopped;
    throw_libvirt("asking for a domain's state");
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

std::optional<DomainOwner> owner_of(const DomainHandle& domain) {
  const LibvirtText element(virDomainGetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT,
                                                 kMetadataUri, VIR_DOMAIN_AFFECT_LIVE));
  return element ? owner_in_metadata(element.get()) : std::nullopt;
}

std::vector<DomainStatus> list_domains(const Connection& connection) {
  virDomainPtr* array = nullptr;
  const int count =
      virConnectListAllDomains(connection.get(), &array, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  if (count < 0) throw_libvirt("listing the domains");
  std::vector<DomainHandle> domains(array, array + count);
  std::free(static_cast<void*>(array));

  std::vector<DomainStatus> found;
  for (const auto& domain : domains) {
    const auto job = job_of_domain(virDomainGetName(domain.get()));
    if (job) found.push_back({*job, state_of(domain), owner_of(domain)});
  }
  return found;
}

/// One try to end the job's domain; true when it is gone.
bool try_destroy(const Connection& connection, JobId job, std::string& failure) {
  const DomainHandle domain = find_domain(connection, job);
  // A defined domain of this name that does not run holds nothing of the job.
  if (!domain || virDomainIsActive(domain.get()) == 0) return true;
  if (virDomainDestroy(domain.get()) != 0) failure = printable(virGetLastErrorMessage(), 1024);
  // What the call says is not believed: the next look tells.
  const DomainHandle again = find_domain(connection, job);
  return !again || virDomainIsActive(again.get()) == 0;
}

void start_domain(const Connection& connection, const std::string& xml) {
  const DomainHandle domain(virDomainCreateXML(connection.get(), xml.c_str(), VIR_DOMAIN_NONE));
  if (!domain) throw_libvirt("libvirt");
}

std::string capabilities_of(const Connection& connection) {
  const LibvirtText xml(virConnectGetCapabilities(connection.get()));
  if (!xml) throw_libvirt("asking for libvirt's capabilities");
  return xml.get();
}

/// Where the console of the job's domain can be read.
struct ConsoleSource {
  std::string file;
  std::string pty;
};

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

void give_to(const std::string& path, const QemuUser& user) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) throw_errno("opening " + path);
  if (::fchown(fd.get(), user.uid, user.gid) != 0) throw_errno("giving " + path + " to QEMU");
}

class LibvirtHypervisor : public Hypervisor {
 public:
  LibvirtHypervisor(Connection connection, HypervisorKind kind, Acceleration acceleration)
      : connection_(std::move(connection)), kind_(kind), acceleration_(acceleration) {}

  [[nodiscard]] HypervisorKind kind() const override { return kind_; }

  void create(const DomainDescription& description, Deadline deadline) override {
    const DomainHost host = domain_host(deadline);
    DomainDescription prepared = description;
    std::vector<LoopDevice> loops;
    if (kind_ == HypervisorKind::kXen)
      loops = attach_disks(prepared);
    else if (host.qemu_user)
      give_own_files(prepared, *host.qemu_user);
    console_logs_[description.owner.job] = description.console_log;
    // The call takes the loop devices along: left behind at the deadline it may still need them.
    auto held = std::make_shared<std::vector<LoopDevice>>(std::move(loops));
    bounded_call<void>("creating the domain", deadline,
                       [connection = connection_, xml = domain_xml(prepared, host), held] {
                         start_domain(connection, xml);
                       });
  }

  void destroy(JobId job, Deadline deadline) override {
    auto failure = std::make_shared<std::string>();
    const std::string what = "destroying the domain " + domain_name(job);
    while (!bounded_call<bool>(what, deadline, [connection = connection_, job, failure] {
      return try_destroy(connection, job, *failure);
    })) {
      if (deadline.passed())
        throw Error(ErrorKind::kHost,
                    what + ": it is still there" + (failure->empty() ? "" : " (" + *failure + ")"));
      ::poll(nullptr, 0, deadline.poll_ms(kPollInterval));
    }
    console_logs_.erase(job);
  }

  bool is_running(JobId job, Deadline deadline) override {
    return bounded_call<bool>("looking at the domain", deadline, [connection = connection_, job] {
      const DomainHandle domain = find_domain(connection, job);
      return domain && state_of(domain) != DomainState::kStopped;
    });
  }

  std::vector<DomainStatus> list(Deadline deadline) override {
    return bounded_call<std::vector<DomainStatus>>(
        "listing the domains", deadline,
        [connection = connection_] { return list_domains(connection); });
  }

  std::string console_tail(JobId job, std::size_t max_bytes, Deadline deadline) noexcept override {
    try {
      return console_lines(read_console(job, deadline), max_bytes);
    } catch (const std::exception&) {
      return "";
    }
  }

  CpuTopology cpu_topology(Deadline deadline) override { return capabilities(deadline).cpus; }

 private:
  const Capabilities& capabilities(Deadline deadline) {
    if (!capabilities_) {
      capabilities_ = parse_capabilities(bounded_call<std::string>(
          "asking for libvirt's capabilities", deadline,
          [connection = connection_] { return capabilities_of(connection); }));
    }
    return *capabilities_;
  }

  DomainHost domain_host(Deadline deadline) {
    const Capabilities& found = capabilities(deadline);
    DomainHost host;
    host.kind = kind_;
    host.vif_script = std::string(build_paths::kLibexecDir) + "/vif-workspace";
    if (kind_ == HypervisorKind::kXen) {
      host.hardware_virtualization = found.offers_xen_pvh;
      return host;
    }
    host.qemu_user = found.qemu_user;
    host.hardware_virtualization =
        acceleration_ == Acceleration::kKvm ||
        (acceleration_ == Acceleration::kAuto && found.offers_kvm && kvm_works());
    return host;
  }

  static std::vector<LoopDevice> attach_disks(DomainDescription& description) {
    std::vector<LoopDevice> loops;
    for (auto& disk : description.disks) {
      loops.emplace_back(disk.path, disk.read_only);
      disk.path = loops.back().path();
    }
    return loops;
  }

  static void give_own_files(const DomainDescription& description, const QemuUser& user) {
    give_to(description.initrd, user);
    for (const auto& disk : description.disks)
      if (!disk.read_only) give_to(disk.path, user);
  }

  /// A stopped QEMU domain is gone, but its log file, whose name create() kept, is there. On Xen
  /// the domain itself holds the console until destroy().
  std::string read_console(JobId job, Deadline deadline) {
    if (kind_ == HypervisorKind::kXen) {
      const std::string log =
          std::string(kXenConsoleLogFolder) + "/guest-" + domain_name(job) + ".log";
      std::string output = read_console_log(log);
      if (!output.empty()) return output;
    } else if (const auto known = console_logs_.find(job); known != console_logs_.end()) {
      return read_console_log(known->second);
    }
    const auto source = bounded_call<ConsoleSource>(
        "looking for the console", deadline,
        [connection = connection_, job] { return console_source(connection, job); });
    return source.file.empty() ? read_console_pty(source.pty, deadline)
                               : read_console_log(source.file);
  }

  Connection connection_;
  HypervisorKind kind_;
  Acceleration acceleration_;
  std::optional<Capabilities> capabilities_;
  std::map<JobId, std::string> console_logs_;
};

/// libvirt writes each error to stderr by itself, which is Slurm's log.
void silence_libvirt() {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
}

Connection connect(const std::string& uri) {
  silence_libvirt();
  const virConnectPtr connection = virConnectOpen(uri.c_str());
  if (connection == nullptr) {
    throw Error(ErrorKind::kHost, "cannot reach libvirt at " + uri + ": " +
                                      printable(virGetLastErrorMessage(), 512) +
                                      "; is libvirtd running?");
  }
  return {connection, [](virConnectPtr open) { virConnectClose(open); }};
}

}  // namespace

std::unique_ptr<Hypervisor> connect_hypervisor(const SiteConfig& site, Deadline deadline) {
  return connect_hypervisor(site.hypervisor, hypervisor_kind_of_uri(site.hypervisor),
                            site.acceleration, deadline);
}

std::unique_ptr<Hypervisor> connect_hypervisor(const std::string& uri, HypervisorKind kind,
                                               Acceleration acceleration, Deadline deadline) {
  Connection connection = bounded_call<Connection>("connecting to libvirt at " + uri, deadline,
                                                   [uri] { return connect(uri); });
  return std::make_unique<LibvirtHypervisor>(std::move(connection), kind, acceleration);
}

}  // namespace workspace
