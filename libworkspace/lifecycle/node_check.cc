#include "libworkspace/lifecycle/node_check.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/catalog/site_config_file.h"
#include "libworkspace/catalog/trusted_keys.h"
#include "libworkspace/hypervisor/libvirt_hypervisor.h"
#include "libworkspace/hypervisor/xen_stray.h"
#include "libworkspace/lifecycle/device_plan.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/lifecycle/reconcile.h"
#include "libworkspace/model/size.h"
#include "libworkspace/store/scratch.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxPlugstackBytes = 1 << 20;
constexpr std::chrono::seconds kAnswerTime(20);
constexpr char kQemuImg[] = "/usr/bin/qemu-img";
/// Where Debian has it, and where Xen's own build puts it.
constexpr const char* kXenQemus[] = {"/usr/libexec/xen-qemu-system-i386",
                                     "/usr/lib/xen/bin/qemu-system-i386",
                                     "/usr/local/lib/xen/bin/qemu-system-i386"};

/// Collects the findings; a look that throws becomes one.
class NodeCheck {
 public:
  explicit NodeCheck(std::string node_name) : node_name_(std::move(node_name)) {}

  std::vector<Finding> run() {
    look("configuration", "see workspace.yaml(5)", [&] { read_configuration(); });
    if (!site_) return std::move(findings_);
    look("hypervisor", "see that libvirtd runs and root may use " + site_->hypervisor,
         [&] { reach_hypervisor(); });
    check_drivers();
    check_devices();
    check_programs();
    for (const auto& file : {site_->kernel, site_->initrd}) check_guest_file(file);
    look("store", "see that " + site_->store + " is mounted here and root's alone to write to",
         [&] { read_catalog(); });
    look("keys", "see workspace.yaml(5), APPROVAL", [&] { read_keys(); });
    check_folder("cache", site_->cache);
    check_folder("scratch", site_->scratch);
    check_caps();
    check_xl();
    check_clock();
    look("slurm", "see that slurmctld runs and this node may ask it", [&] { ask_slurm(); });
    look("jobs", "see the lines above", [&] { look_for_left_jobs(); });
    return std::move(findings_);
  }

 private:
  void add(std::string part, Verdict verdict, std::string text, std::string remedy = "") {
    findings_.push_back({std::move(part), verdict, std::move(text), std::move(remedy)});
  }

  void look(const std::string& part, const std::string& remedy, const std::function<void()>& at) {
    try {
      at();
    } catch (const Error& e) {
      add(part, Verdict::kWrong, e.text(), remedy);
    }
  }

  void read_configuration() {
    site_ = read_site_config(site_config_path());
    add("configuration", Verdict::kFine, site_config_path() + " can be used");
  }

  void reach_hypervisor() {
    const auto hypervisor = connect_hypervisor(*site_, Deadline::in(kAnswerTime));
    kind_ = hypervisor->kind();
    const auto domains = hypervisor->list(Deadline::in(kAnswerTime)).size();
    add("hypervisor", Verdict::kFine,
        site_->hypervisor + " answers; " + std::to_string(domains) + " workspace domains");
  }

  void check_drivers() {
    if (!kind_) return;
    for (const auto& driver : needed_drivers(*kind_)) {
      if (::access(driver.sign.c_str(), F_OK) == 0) {
        add("kernel", Verdict::kFine, "the driver " + driver.module + " is there");
      } else {
        findings_.push_back({"kernel",
                             Verdict::kWrong,
                             "the driver " + driver.module + " is not loaded",
                             "load it, and name it in /etc/modules for the node's next start",
                             {"modprobe", driver.module}});
      }
    }
  }

  void check_devices() {
    if (!kind_) return;
    for (const auto& device : all_devices(*site_)) {
      look("devices", "until then each job that Slurm gives it fails here", [&] {
        check_device(device, *kind_);
        add("devices", Verdict::kFine,
            "PCI device " + device.address.to_string() + " (" + device.gres + ") is there");
      });
    }
  }

  void check_programs() {
    for (const auto& [path, package] :
         {std::pair("/usr/sbin/diod", "diod"), std::pair("/usr/sbin/ip", "iproute2"),
          std::pair("/usr/sbin/nft", "nftables"), std::pair("/usr/sbin/mke2fs", "e2fsprogs")}) {
      if (::access(path, X_OK) == 0) {
        add("programs", Verdict::kFine, std::string(path) + " is there");
      } else {
        add("programs", Verdict::kWrong, std::string(path) + " is missing",
            "install the package " + std::string(package));
      }
    }
  }

  void check_guest_file(const std::string& path) {
    look("guest", "build it with `make images` and put it there, owned by root", [&] {
      (void)open_trusted_file(path);
      add("guest", Verdict::kFine, path + " is there");
    });
  }

  void read_catalog() {
    const auto listing = Catalog(site_->store).list();
    add("store", Verdict::kFine,
        site_->store + " holds " + std::to_string(listing.images.size()) + " images");
    for (const auto& fault : listing.faults)
      add("store", Verdict::kWarning, fault, "register the image again");
  }

  void read_keys() {
    const std::size_t count = TrustedKeys::read(site_->keys).keys.size();
    if (count == 0 && site_->require_approval) {
      add("keys", Verdict::kWrong, site_->keys + " holds no key, so no image can be used",
          "copy it here from where `workspace image key new` was called");
    } else {
      add("keys", Verdict::kFine, site_->keys + " holds " + std::to_string(count) + " keys");
    }
  }

  void check_folder(const std::string& part, const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 && errno == ENOENT) {
      add(part, Verdict::kFine, path + " will be made by the first job");
      return;
    }
    look(part, "chown root and chmod go-w the folder that is named", [&] {
      (void)open_trusted_folder(path);
      struct statvfs space {};
      if (::statvfs(path.c_str(), &space) != 0) throw_errno("asking for the space of " + path);
      const std::uint64_t free_mib = (std::uint64_t{space.f_bavail} * space.f_frsize) >> 20;
      const std::string text = path + " has " + format_size_mib(free_mib) + " free";
      if (free_mib >= ScratchDisks::kMinFreeMib)
        add(part, Verdict::kFine, text);
      else
        add(part, Verdict::kWrong, text, "free some, or give it a larger file system");
    });
  }

  /// On Xen a QEMU serves the disks that have caps. Images may have some where the site has none.
  void check_caps() {
    if (kind_ != HypervisorKind::kXen) return;
    const auto is_there = [](const char* path) { return ::access(path, X_OK) == 0; };
    if (!is_there(kQemuImg)) {
      add_missing_for_caps(std::string(kQemuImg) + " is missing", "qemu-utils");
    } else if (std::none_of(std::begin(kXenQemus), std::end(kXenQemus), is_there)) {
      add_missing_for_caps("no QEMU for Xen is found", "qemu-system-xen");
    } else {
      add("caps", Verdict::kFine, "a QEMU that can bound a VM's disks is there");
    }
  }

  void add_missing_for_caps(const std::string& what, const std::string& package) {
    add("caps", site_->caps.of_disks() ? Verdict::kWrong : Verdict::kWarning,
        what + ", so no VM starts whose disks have caps", "install the package " + package);
  }

  void check_xl() {
    if (kind_ != HypervisorKind::kXen) return;
    if (::access(kXl, X_OK) == 0) {
      add("xl", Verdict::kFine, std::string(kXl) + " is there");
    } else {
      add("xl", Verdict::kWarning,
          std::string(kXl) + " is missing, so a domain stays that a dying libvirtd has lost",
          "install the package xen-utils-common");
    }
  }

  /// An image's expiry and a log's order need a clock that is right.
  void check_clock() {
    struct timex clock {};
    if (::adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC) != 0) {
      add("clock", Verdict::kWarning, "the clock is not synchronised",
          "run chrony or systemd-timesyncd");
    } else {
      add("clock", Verdict::kFine, "the clock is synchronised");
    }
  }

  void ask_slurm() {
    const SlurmSettings slurm = read_slurm_settings(Deadline::in(kAnswerTime));
    std::string plugstack;
    try {
      plugstack = read_file(slurm.plugstack, kMaxPlugstackBytes);
    } catch (const Error&) {
      // An empty one names no plugin, and says so.
    }
    for (auto& finding : check_slurm_settings(slurm, plugstack, *site_))
      findings_.push_back(std::move(finding));
  }

  /// An epilog could not run, or the node crashed.
  void look_for_left_jobs() {
    if (!kind_) return;  // it has been told that the hypervisor does not answer
    Node node = Node::open();
    const auto left = find_left_jobs(node, node_name_);
    const std::string program = std::string(build_paths::kBinDir) + "/workspace";
    for (const JobId job : left) {
      findings_.push_back({"jobs",
                           Verdict::kWarning,
                           "something is left of job " + job.to_string() + ", which has ended",
                           "slurmd's next start removes it, and so does `workspace node reconcile`",
                           {program, "node", "reconcile", "--node", node_name_}});
    }
    if (left.empty()) add("jobs", Verdict::kFine, "nothing is left of jobs that have ended");
  }

  std::string node_name_;
  std::vector<Finding> findings_;
  std::optional<SiteConfig> site_;
  std::optional<HypervisorKind> kind_;
};

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFine:
      return "fine";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kWrong:
      return "wrong";
  }
  return "wrong";
}

std::vector<Finding> check_node(const std::string& node_name) { return NodeCheck(node_name).run(); }

Verdict worst_of(const std::vector<Finding>& findings) {
  Verdict worst = Verdict::kFine;
  for (const auto& finding : findings) worst = std::max(worst, finding.verdict);
  return worst;
}

std::vector<KernelDriver> needed_drivers(HypervisorKind kind) {
  if (kind == HypervisorKind::kQemu) return {{"tun", "/sys/class/misc/tun"}};
  return {{"xen-blkback", "/sys/bus/xen-backend/drivers/vbd"},
          {"xen-netback", "/sys/bus/xen-backend/drivers/vif"},
          {"xen-gntdev", "/sys/class/misc/xen!gntdev"},
          {"loop", "/sys/class/misc/loop-control"}};
}

}  // namespace workspace
