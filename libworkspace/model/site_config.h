#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/model/access.h"
#include "libworkspace/model/digest_place.h"
#include "libworkspace/model/host_commands.h"
#include "libworkspace/model/mount_spec.h"
#include "libworkspace/model/pci_address.h"
#include "libworkspace/model/private_network.h"
#include "libworkspace/model/rate_caps.h"

namespace workspace {

/// How QEMU executes the guest; Xen has no such choice.
enum class Acceleration { kAuto, kKvm, kTcg };

/// Whom the site lets use the images whose names match a pattern (catalog/name_pattern.h).
struct SiteAccess {
  std::string images;
  AccessRules rules;
};

/// The devices behind a name of generic resources, in the order of Slurm's numbers of them; each
/// may have several functions.
struct SiteDevices {
  std::string gres;  ///< as in gres.conf
  std::vector<std::vector<PciAddress>> devices;
};

/// The site's choices: /etc/workspace/workspace.yaml, each with its default. The reader is the
/// catalogue, which owns YAML.
struct SiteConfig {
  std::string hypervisor = "xen:///system";  ///< a libvirt URI
  Acceleration acceleration = Acceleration::kAuto;

  std::string store = "/var/lib/workspace/store";      ///< shared: the catalogue and its files
  std::string cache = "/var/cache/workspace";          ///< this node's verified copies
  std::uint64_t cache_max_mib = 0;                     ///< their bound; 0: none
  bool prefer_cached = false;                          ///< jobs go where their image is cached
  std::string scratch = "/var/lib/workspace/scratch";  ///< this node's scratch disks
  std::string kernel = "/var/lib/workspace/guest/vmlinux";
  std::string initrd = "/var/lib/workspace/guest/initrd.img";
  std::string kernel_options;  ///< behind the project's own on the guest's command line

  bool require_approval = true;              ///< whether an image must be signed by a trusted key
  std::string keys = "/etc/workspace/keys";  ///< the folder of the trusted keys, this machine's own
  std::string catalogs = "/var/lib/workspace/catalogs";  ///< snapshots of other sites' catalogues
  std::string catalog_keys = "/etc/workspace/catalog-keys";  ///< of those whose catalogues it takes
  std::vector<SiteAccess> access;                            ///< in the file's order
  std::string audit_log = "/var/log/workspace/audit.log";    ///< of this node
  std::string reports = "/var/lib/workspace/reports";        ///< what jobs took, for their users
  std::uint64_t reports_max = 10000;                         ///< how many of this node; 0: none
  /// A folder that node_exporter's textfile collector reads; empty: no metrics are written.
  std::string metrics;
  std::string report_program;  ///< run by the epilog for each report; empty: none
  DigestPlace digest_shown_in = DigestPlace::kAdminComment;

  std::uint64_t memory_overhead_mib = 64;  ///< the least that a job's VM costs besides its guest
  std::uint64_t disk_default_mib = 2048;
  std::uint64_t disk_max_mib = 102400;
  bool disk_reserve = true;  ///< whether a scratch disk has its space from the begin
  SiteCaps caps;
  std::uint64_t save_max_mib = 0;  ///< of what a job may keep as an image; 0: nothing
  /// What the saved images of one user may be together: their number, and the size of their own
  /// layers; 0: no bound.
  std::uint64_t user_saves_max = 20;
  std::uint64_t user_saves_size_max_mib = 102400;
  std::chrono::milliseconds save_timeout{120'000};
  std::chrono::milliseconds boot_timeout{60'000};
  std::chrono::milliseconds shutdown_timeout{20'000};
  bool pin_vcpus = true;
  std::vector<SiteDevices> devices;  ///< of this machine, for VMs of jobs that have them

  bool private_network = true;  ///< for jobs of several nodes
  PrivateSubnet private_network_subnet = PrivateSubnet::parse("10.200.0.0/16");
  /// The first UDP port of the VXLANs that carry the private networks.
  std::uint16_t private_network_port = 14789;
  std::vector<MountSpec> mounts;                     ///< for every job
  HostCommands host_commands = HostCommands::all();  ///< what may be used from inside
  std::string slurm_bin = "/usr/bin";                ///< where the nodes have Slurm's commands
};

}  // namespace workspace
