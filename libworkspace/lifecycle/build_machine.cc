#include "libworkspace/lifecycle/build_machine.h"

#include <fcntl.h>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/random.h"
#include "libworkspace/catalog/image_policy.h"
#include "libworkspace/guest/guest_script.h"
#include "libworkspace/image/sandbox.h"
#include "libworkspace/lifecycle/audit_log.h"
#include "libworkspace/lifecycle/guest_start.h"
#include "libworkspace/lifecycle/image_staging.h"
#include "libworkspace/lifecycle/job_initrd.h"
#include "libworkspace/lifecycle/sizing.h"
#include "libworkspace/lifecycle/steps.h"
#include "libworkspace/lifecycle/teardown.h"
#include "libworkspace/model/build_number.h"
#include "libworkspace/model/control_link.h"
#include "libworkspace/network/job_namespace.h"

namespace workspace {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::chrono::seconds kAgentTime{30};
constexpr std::chrono::minutes kSettleTime{5};

/// A number of which nothing is on this node.
JobId free_number(const Node& node) {
  for (std::uint32_t number = kFirstBuild; number <= kLastBuild; ++number) {
    if (!node.records.has(JobId(number))) return JobId(number);
  }
  throw Error(ErrorKind::kBusy, "too many images are being built on this node");
}

std::string title_of(const Manifest& image) {
  return image.name.text() + ":" + image.version.text();
}

}  // namespace

BuildMachine::BuildMachine(Node& node, const std::string& node_name)
    : node_(node), record_(free_number(node)) {
  record_.hostname = node_name;
  node_.records.make_folder(record_.job);
  lock_ = node_.records.lock(record_.job, Node::step_deadline());
  // Of two builds at once one had the lock first, and its record is there now.
  if (node_.records.load(record_.job))
    throw Error(ErrorKind::kBusy, "another build began at this moment; try again");
  node_.records.save(record_);
}

BuildMachine::~BuildMachine() {
  try {
    remove_job_parts(node_, record_.job);
    node_.records.remove(record_.job);
  } catch (const std::exception& e) {
    log_error(std::string("removing the virtual machine of a build: ") + e.what() +
              "; `workspace node reconcile` tries again");
  }
}

void BuildMachine::authorise(const RegisteredImage& image) {
  const std::optional<Approval> approval = ImagePolicy::of(node_.site).check_image(image);
  if (image.manifest.boot != BootMode::kAgent) {
    throw Error(ErrorKind::kDenied, "image " + title_of(image.manifest) +
                                        " boots its own init; images are built in those of the "
                                        "boot mode 'agent'");
  }
  record_.image = title_of(image.manifest);
  record_.digest = image.digest.to_string();
  AuditEntry entry(record_.job);
  entry.node = record_.hostname;
  entry.user = "root";
  entry.image = record_.image;
  entry.digest = record_.digest;
  if (approval) {
    entry.key = approval->key;
    entry.key_id = approval->key_id.to_string();
  }
  append_audit_entry(node_.site.audit_log, entry);
}

void BuildMachine::describe(const Manifest& image, const std::string& initrd, std::size_t layers) {
  const HypervisorKind kind = node_.hypervisor->kind();
  record_.token = random_hex(kTokenBytes);
  record_.guest_address = control_link::kGuestAddress;
  record_.port = control_link::kAgentPort;
  GuestConfig guest(record_.job);
  guest.hostname = "build";
  guest.token = record_.token;
  guest.control_mac = control_link::guest_mac(kind);
  guest.guest_address = record_.guest_address;
  guest.prefix_length = control_link::kPrefixLength;
  guest.port = record_.port;
  guest.root_device = disk_device(kind, 0);
  guest.root_format = image.root_format;
  for (std::size_t i = 1; i <= layers; ++i) guest.layer_devices.push_back(disk_device(kind, i));
  guest.scratch_device = disk_device(kind, layers + 1);
  guest.user_name = "root";
  guest.home = "/root";
  guest.shell = "/bin/sh";
  guest.groups = {{"root", 0}};
  guest.root_inside = true;
  guest.task_rules.image = record_.image;
  for (const auto& [name, value] : image.env) guest.task_rules.image_env.emplace_back(name, value);
  write_job_initrd(initrd, guest, job_initrd_path(node_.site.scratch, record_.job));
  node_.records.save(record_);
}

void BuildMachine::boot(const RegisteredImage& image, const VmSource& size) {
  Steps steps;
  steps.run("authorise", "authorising the build", [&] { authorise(image); });
  record_.vcpus = size.vcpus;
  record_.memory_mib = size.memory_mib;
  record_.disk_mib = size.disk_mib;
  // From here on the image's files are in use, and eviction passes them by.
  node_.records.save(record_);
  StagedImage staged;
  steps.run("stage", "staging the image", [&] { staged = stage_image(node_, image.manifest); });
  DomainDescription domain({record_.job, 0, record_.image, image.digest});
  domain.disks = {{staged.root, true}};
  for (const auto& layer : staged.layers) domain.disks.push_back({layer, true});
  steps.run("disk", "making the scratch disk", [&] {
    const DiskSpace space = node_.site.disk_reserve ? DiskSpace::kReserved : DiskSpace::kAsWritten;
    domain.disks.push_back(
        {node_.scratch.create(record_.job, record_.disk_mib, space, Node::step_deadline()), false,
         !node_.site.disk_reserve});
  });
  const JobNamespace link(record_.job, node_.hypervisor->kind());
  steps.run("network", "making the network namespace", [&] { link.create(Node::step_deadline()); });
  steps.run("describe", "describing the domain",
            [&] { describe(image.manifest, staged.initrd, staged.layers.size()); });
  steps.run("create", "creating the domain", [&] {
    domain.vcpus = size.vcpus;
    domain.memory_mib = size.memory_mib;
    domain.process_memory_mib = size.memory_mib + vm_overhead_mib(size.memory_mib, node_.site);
    domain.kernel = staged.kernel;
    domain.initrd = job_initrd_path(node_.site.scratch, record_.job);
    domain.kernel_options = image.manifest.kernel_options.value_or(node_.site.kernel_options);
    domain.console_log = node_.records.file(record_.job, "console.log");
    node_.hypervisor->create(domain, Node::step_deadline());
    link.connect_guest(Node::step_deadline());
  });
  steps.run("boot", "waiting for the guest", [&] {
    GuestStart(node_, record_, agent(), BootMode::kAgent, Deadline::in(node_.site.boot_timeout))
        .await_agent();
    remove_job_initrd(node_.site.scratch, record_.job);
  });
  record_.state = WorkspaceState::kRunning;
  node_.records.save(record_);
}

AgentClient BuildMachine::agent() const {
  return AgentClient({namespace_file(record_.job), record_.guest_address, record_.port},
                     {record_.token, record_.job.number(), 0, 0});
}

TaskExit BuildMachine::run(const std::string& script, const std::vector<std::string>& environment,
                           Deadline deadline,
                           const std::function<void(std::string_view)>& take_output) {
  return run_guest_script(agent().open_task(0, 0, deadline.no_later_than(kAgentTime)), script,
                          environment, deadline, take_output);
}

UniqueFd BuildMachine::take_disk() {
  agent().settle(Deadline::in(kSettleTime));
  node_.hypervisor->destroy(record_.job, Node::step_deadline());
  const std::string path = node_.scratch.path(record_.job);
  UniqueFd disk(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!disk.valid()) throw_errno("opening the scratch disk " + path);
  give_to_sandbox(disk, "the scratch disk");
  return disk;
}

}  // namespace workspace
