#include "libworkspace/hypervisor/libvirt_hypervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <utility>

#include "build_paths.h"
#include "libworkspace/base/bounded_call.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/log.h"
#include "libworkspace/hypervisor/capabilities.h"
#include "libworkspace/hypervisor/console.h"
#include "libworkspace/hypervisor/dom0_cpus.h"
#include "libworkspace/hypervisor/domain_usage.h"
#include "libworkspace/hypervisor/domain_xml.h"
#include "libworkspace/hypervisor/host_memory.h"
#include "libworkspace/hypervisor/host_tsc.h"
#include "libworkspace/hypervisor/kvm.h"
#include "libworkspace/hypervisor/libvirt_domains.h"
#include "libworkspace/hypervisor/loop_device.h"
#include "libworkspace/hypervisor/xen_qdisks.h"
#include "libworkspace/hypervisor/xen_stray.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

/// Between two looks whether a domain is gone.
constexpr std::chrono::milliseconds kPollInterval{50};
constexpr std::chrono::milliseconds kTimeForAnswer{500};
/// In which the memory of a domain that has just ended comes back to Xen.
constexpr std::chrono::seconds kTimeForMemory{10};
/// Where Xen's console daemon logs guests, if it is told to.
constexpr char kXenConsoleLogFolder[] = "/var/log/xen/console";

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
    if (kind_ == HypervisorKind::kXen) wait_for_memory(description.memory_mib, deadline);
    DomainDescription prepared = description;
    // The call takes the loop devices along: left behind at the deadline it may still need them.
    const auto loops = std::make_shared<std::vector<LoopDevice>>();
    if (kind_ == HypervisorKind::kXen)
      *loops = attach_disks(prepared, deadline);
    else if (host.qemu_user)
      give_own_files(prepared, *host.qemu_user);
    console_logs_[description.owner.job] = description.console_log;
    const std::string xml = domain_xml(prepared, host);
    const bool is_bounded = kind_ == HypervisorKind::kQemu && host.hardware_virtualization;
    const std::uint64_t most_mib = is_bounded ? description.process_memory_mib : 0;
    const bool needs_qdisks = kind_ == HypervisorKind::kXen && description.disk_caps.any();
    ask<void>(deadline, [xml, loops, most_mib, needs_qdisks, caps = description.disk_caps,
                         deadline](const Connection& libvirt) {
      if (needs_qdisks)
        start_capped_domain(libvirt, xml, loops->size(), caps, deadline);
      else
        start_domain(libvirt, xml, most_mib);
    });
  }

  void destroy(JobId job, Deadline deadline) override {
    std::string failure;
    auto destruction = Destruction::kPending;
    while ((destruction = destroy_once(job, failure, deadline)) == Destruction::kPending) {
      if (is_gone_from_xen(job, failure, deadline)) break;
      ::poll(nullptr, 0, deadline.poll_ms(kPollInterval));
      // A question without time for its answer would be told instead of the reason.
      if (deadline.left() < kTimeForAnswer) throw_still_there(job, failure);
    }
    if (kind_ == HypervisorKind::kXen && destruction == Destruction::kNothing)
      destroy_stray_domain(domain_name(job), deadline);
    console_logs_.erase(job);
  }

  void suspend(JobId job, Deadline deadline) override {
    change_state(job, DomainState::kRunning, virDomainSuspend, deadline);
  }

  void resume(JobId job, Deadline deadline) override {
    change_state(job, DomainState::kPaused, virDomainResume, deadline);
  }

  void set_memory(JobId job, std::uint64_t memory_mib, Deadline deadline) override {
    const auto is_set = [job, memory_mib](const Connection& libvirt) {
      return try_set_memory(libvirt, job, memory_mib);
    };
    while (!ask<bool>(deadline, is_set)) {
      ::poll(nullptr, 0, deadline.poll_ms(kPollInterval));
      // As above.
      if (deadline.left() < kTimeForAnswer)
        throw Error(ErrorKind::kGuest, "the guest's balloon does not move");
    }
  }

  DiskServer disk_server(JobId job, Deadline deadline) override {
    if (kind_ != HypervisorKind::kXen) return {};
    const auto monitor = ask<std::string>(
        deadline, [job](const Connection& libvirt) { return monitor_of_disks(libvirt, job); });
    if (monitor.empty()) return {};
    return {true, qdisk_server(monitor, deadline)};
  }

  bool is_running(JobId job, Deadline deadline) override {
    return ask<bool>(deadline, [job](const Connection& libvirt) {
      const DomainHandle domain = find_domain(libvirt, job);
      return domain && state_of(domain) != DomainState::kStopped;
    });
  }

  VmUsage usage(JobId job, Deadline deadline) noexcept override {
    try {
      return ask<VmUsage>(deadline, [job, kind = kind_, deadline](const Connection& libvirt) {
        return read_usage(find_domain(libvirt, job), kind, deadline);
      });
    } catch (const std::exception&) {
      return {};
    }
  }

  std::vector<DomainStatus> list(Deadline deadline) override {
    return ask<std::vector<DomainStatus>>(deadline, list_domains);
  }

  std::string console_tail(JobId job, std::size_t max_bytes, Deadline deadline) noexcept override {
    try {
      return console_lines(read_console(job, deadline), max_bytes);
    } catch (const std::exception&) {
      return "";
    }
  }

  std::uint64_t memory_mib(Deadline deadline) override {
    return ask<std::uint64_t>(
        deadline, kind_ == HypervisorKind::kXen ? memory_for_domains_mib : memory_of_machine_mib);
  }

  CpuTopology cpu_topology(Deadline deadline) override {
    const CpuTopology cpus = capabilities(deadline).cpus;
    if (kind_ != HypervisorKind::kXen) return cpus;
    return ask<CpuTopology>(deadline, [cpus](const Connection& libvirt) {
      CpuTopology marked = cpus;
      mark_dom0_cpus(libvirt, marked);
      return marked;
    });
  }

 private:
  void change_state(JobId job, DomainState from, int (*change)(virDomainPtr), Deadline deadline) {
    ask<void>(deadline, [job, from, change](const Connection& libvirt) {
      const DomainHandle domain = find_domain(libvirt, job);
      if (!domain || state_of(domain) != from) return;
      // It may have ended, or come to that state, between the two calls; and what the call says is
      // not believed: the next look tells.
      std::string failure = "libvirt says that it is done";
      if (change(domain.get()) != 0) failure = printable(virGetLastErrorMessage(), 1024);
      if (state_of(domain) != from) return;
      throw Error(ErrorKind::kHost, domain_name(job) + " still " +
                                        (from == DomainState::kPaused ? "stands" : "runs") + ": " +
                                        failure);
    });
  }

  /// Of a dom0 whose memory is not fixed libvirt would take what a domain lacks (libxl.conf,
  /// autoballoon), and that is the node's own system's.
  void wait_for_memory(std::uint64_t memory_mib, Deadline deadline) {
    const Deadline latest = deadline.no_later_than(kTimeForMemory);
    while (true) {
      const auto free_mib = ask<std::uint64_t>(deadline, free_memory_mib);
      if (free_mib >= memory_mib) return;
      if (latest.left() < kTimeForAnswer) {
        throw Error(ErrorKind::kHost, "the VM needs " + format_size_mib(memory_mib) +
                                          " of memory and Xen has " + format_size_mib(free_mib) +
                                          " free beside dom0's; take RealMemory in slurm.conf "
                                          "from `workspace node config`");
      }
      ::poll(nullptr, 0, latest.poll_ms(kPollInterval));
    }
  }

  template <class Answer>
  Answer ask(Deadline deadline, const std::function<Answer(const Connection&)>& question) {
    return bounded_call<Answer>("libvirt", deadline,
                                [libvirt = connection_, question] { return question(libvirt); });
  }

  const Capabilities& capabilities(Deadline deadline) {
    if (!capabilities_)
      capabilities_ = parse_capabilities(ask<std::string>(deadline, capabilities_of));
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
    if (!host.hardware_virtualization) host.tsc_khz = host_tsc_khz();
    return host;
  }

  /// `failure` is what libvirt said of the try before, and then of this one. An answer that takes
  /// until the deadline, as libvirt's own waits for a lock may, does not hide it.
  Destruction destroy_once(JobId job, std::string& failure, Deadline deadline) {
    using Answer = std::pair<Destruction, std::string>;
    try {
      const auto answer = ask<Answer>(deadline, [job](const Connection& libvirt) {
        std::string said;
        const Destruction destruction = try_destroy(libvirt, job, said);
        return Answer(destruction, said);
      });
      if (!answer.second.empty()) failure = answer.second;
      return answer.first;
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kTimeout && !failure.empty()) throw_still_there(job, failure);
      throw;
    }
  }

  [[noreturn]] static void throw_still_there(JobId job, const std::string& failure) {
    throw Error(ErrorKind::kHost,
                domain_name(job) + " is still there" + (failure.empty() ? "" : ": " + failure));
  }

  /// For a domain that libvirt could not end.
  [[nodiscard]] bool is_gone_from_xen(JobId job, const std::string& failure,
                                      Deadline deadline) const {
    const std::string name = domain_name(job);
    if (kind_ != HypervisorKind::kXen || failure.empty() || xen_has_domain(name, deadline))
      return false;
    log_warning(name + " has ended by another hand than libvirt's, which has it in its list until" +
                " libvirtd is restarted");
    return true;
  }

  static std::vector<LoopDevice> attach_disks(DomainDescription& description, Deadline deadline) {
    std::vector<LoopDevice> loops;
    for (auto& disk : description.disks) {
      if (disk.read_only && description.disk_caps.any())
        loops.push_back(make_qdisk_view(disk.path, deadline));
      else
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
    const auto source = ask<ConsoleSource>(
        deadline, [job](const Connection& libvirt) { return console_source(libvirt, job); });
    return source.file.empty() ? read_console_pty(source.pty, deadline)
                               : read_console_log(source.file);
  }

  Connection connection_;
  HypervisorKind kind_;
  Acceleration acceleration_;
  std::optional<Capabilities> capabilities_;
  std::map<JobId, std::string> console_logs_;
};

/// For the thread that stays: what libvirt and the libraries under it keep for the one that starts
/// them would be lost with a thread that is left behind at its deadline. A start that fails is told
/// by virConnectOpen().
void start_libvirt() {
  // It writes each error to stderr by itself, which is Slurm's log.
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  virInitialize();
}

Connection connect_once(const std::string& uri) {
  const virConnectPtr connection = virConnectOpen(uri.c_str());
  if (connection == nullptr) {
    throw Error(ErrorKind::kHost, "cannot reach libvirt at " + uri + ": " +
                                      printable(virGetLastErrorMessage(), 512) +
                                      "; is libvirtd running?");
  }
  return {connection, [](virConnectPtr open) { virConnectClose(open); }};
}

Connection connect(const std::string& uri, Deadline deadline, Deadline restart) {
  const auto once = [uri] { return connect_once(uri); };
  for (bool is_first = true;; is_first = false) {
    try {
      return bounded_call<Connection>("libvirt at " + uri, deadline, once);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kHost || restart.passed()) throw;
      if (is_first) log_warning(e.text() + " Waiting for it");
    }
    ::poll(nullptr, 0, restart.poll_ms(kPollInterval));
  }
}

}  // namespace

std::unique_ptr<Hypervisor> connect_hypervisor(const SiteConfig& site, Deadline deadline,
                                               std::chrono::milliseconds restart_time) {
  return connect_hypervisor(site.hypervisor, hypervisor_kind_of_uri(site.hypervisor),
                            site.acceleration, deadline, restart_time);
}

std::unique_ptr<Hypervisor> connect_hypervisor(const std::string& uri, HypervisorKind kind,
                                               Acceleration acceleration, Deadline deadline,
                                               std::chrono::milliseconds restart_time) {
  start_libvirt();
  Connection connection = connect(uri, deadline, deadline.no_later_than(restart_time));
  return std::make_unique<LibvirtHypervisor>(std::move(connection), kind, acceleration);
}

}  // namespace workspace
