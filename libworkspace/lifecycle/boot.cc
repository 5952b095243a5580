#include "libworkspace/lifecycle/boot.h"

#include <algorithm>
#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/random.h"
#include "libworkspace/catalog/image_policy.h"
#include "libworkspace/guest/agent_client.h"
#include "libworkspace/lifecycle/audit_log.h"
#include "libworkspace/lifecycle/cached_features.h"
#include "libworkspace/lifecycle/cap_plan.h"
#include "libworkspace/lifecycle/cpu_plan.h"
#include "libworkspace/lifecycle/device_plan.h"
#include "libworkspace/lifecycle/folder_mounts.h"
#include "libworkspace/lifecycle/follow.h"
#include "libworkspace/lifecycle/guest_start.h"
#include "libworkspace/lifecycle/image_staging.h"
#include "libworkspace/lifecycle/job_initrd.h"
#include "libworkspace/lifecycle/job_ssh_keys.h"
#include "libworkspace/lifecycle/private_network_plan.h"
#include "libworkspace/lifecycle/saving.h"
#include "libworkspace/lifecycle/sizing.h"
#include "libworkspace/lifecycle/steps.h"
#include "libworkspace/lifecycle/task_rules.h"
#include "libworkspace/lifecycle/teardown.h"
#include "libworkspace/lifecycle/user_account.h"
#include "libworkspace/model/control_link.h"
#include "libworkspace/model/request.h"
#include "libworkspace/model/utc_time.h"
#include "libworkspace/network/job_namespace.h"
#include "libworkspace/network/link_caps.h"
#include "libworkspace/network/private_segment.h"
#include "libworkspace/slurm/allocation_reader.h"
#include "libworkspace/slurm/job_end.h"
#include "libworkspace/slurm/job_nodes.h"
#include "libworkspace/slurm/slurm_settings.h"

namespace workspace {
namespace {

constexpr std::size_t kTokenBytes = 32;

/// One run of the prolog: what each step finds out for the steps after it.
class Boot {
 public:
  Boot(Node& node, const JobEnvironment& job, JobRecord& record)
      : node_(node),
        job_(job),
        record_(record),
        request_(WorkspaceRequest::parse(*job.request)),
        allocation_(job.job),
        space_(job.job, node.hypervisor->kind()) {}

  void run() {
    decide();
    steps_.run("stage", "staging the image", [&] { stage(); });
    if (!boot_guest(GuestStart::OnStall::kReturn)) boot_once_more();
    if (image_->boot == BootMode::kInit)
      steps_.run("init", "waiting for the image's system", [&] { start_->await_system(); });
    steps_.run("mount", "mounting the user's folders", [&] { mount_folders(); });
    record_.step_times_ms = steps_.times_ms();
  }

 private:
  /// False: the guest's kernel has stalled.
  [[nodiscard]] bool boot_guest(GuestStart::OnStall on_stall) {
    bool answers = false;
    steps_.run("disk", "making the scratch disk", [&] { make_disk(); });
    steps_.run("network", "making the network namespace", [&] { make_network(); });
    steps_.run("describe", "describing the domain", [&] { describe(); });
    steps_.run("create", "creating the domain", [&] { create(); });
    // While the guest boots.
    steps_.run("watch", "starting the job's watch", [&] { start_watch(node_, record_); });
    steps_.run("export", "preparing the user's folders", [&] { folders_->prepare(); });
    steps_.run("boot", "waiting for the guest", [&] { answers = wait_for_agent(on_stall); });
    return answers;
  }

  /// It is no fault of the job's. An emulated kernel measures how fast its CPU's timer goes in the
  /// tenth of a second after it has begun to wait. If that CPU gets no time just then, on a machine
  /// with much else to do, it may come out some hundred times too slow; the timer is then set so
  /// short that the guest never comes to anything but its interrupts. Or too fast, and it sleeps.
  void boot_once_more() {
    log_warning("the guest's kernel does not come to its agent; booting it once more");
    remove_job_parts(node_, record_.job);
    static_cast<void>(boot_guest(GuestStart::OnStall::kWait));
  }

  /// Whether the job may have this image here; the answer is in the audit log before anything of
  /// the image is touched.
  void decide() {
    try {
      steps_.run("authorise", "authorising the job", [&] { authorise(); });
      steps_.run("allocation", "reading the allocation", [&] { read_job_allocation(); });
    } catch (const Error& e) {
      if (is_user_fault(e.kind())) write_audit(e.text());
      throw;
    }
    steps_.run("audit", "writing the audit log", [&] { write_audit(""); });
  }

  /// The node decides by itself: the request is only the user's wish.
  void authorise() {
    user_ = find_user(job_.uid);
    policy_ = ImagePolicy::of(node_.site);
    RegisteredImage image =
        node_.catalog.open_pinned(request_.name, request_.version, request_.digest);
    approval_ = policy_->check_image(image);
    image_ = std::move(image.manifest);
    if (request_.root_inside) check_root_permitted(*image_);
    if (request_.save_as)
      check_save(node_.site, node_.catalog, *image_, *request_.save_as, user_.name);
    record_.image = request_.name.text() + ":" + request_.version.text();
    record_.digest = request_.digest.to_string();
    record_.host_commands = node_.site.host_commands;
    if (image_->host_commands) {
      record_.host_commands =
          record_.host_commands.narrowed_by(HostCommands::of(*image_->host_commands));
    }
    record_.slurm_bin = node_.site.slurm_bin;
  }

  void read_job_allocation() {
    allocation_ = read_allocation(job_.job, job_.node_name, Node::step_deadline());
    if (allocation_.uid != job_.uid) {
      throw Error(ErrorKind::kHost, "slurmd says that the job is of uid " +
                                        std::to_string(job_.uid) + ", the controller says " +
                                        std::to_string(allocation_.uid));
    }
    policy_->check_access(*image_, user_.requester(allocation_));
    check_kind_of_node(allocation_, *image_, node_.site, Node::machine());
    const VmSize size = size_vm(allocation_, *image_, node_.site);
    record_.gid = user_.gid;
    record_.vcpus = size.vcpus;
    record_.memory_mib = size.memory_mib;
    record_.disk_mib = size_disk_mib(request_.disk_mib, *image_, node_.site);
    caps_ = plan_caps(allocation_, *image_, node_.site);
    record_.hostname = job_.node_name;
    devices_ = find_devices(allocation_, node_.site, node_.hypervisor->kind());
    record_.memory_pinned = !devices_.empty() && node_.hypervisor->kind() == HypervisorKind::kQemu;
    cpus_ = plan_cpus(allocation_, node_.hypervisor->cpu_topology(Node::step_deadline()),
                      node_.hypervisor->kind(), node_.site);
    record_.cpus = cpus_.allocated;
    record_.helper_cpus = cpus_.helpers;
    record_.task_prolog = read_slurm_settings(Node::step_deadline()).task_prolog;
    if (request_.save_as && is_first_node()) record_.save_as = request_.save_as->text();
  }

  /// The one whose changes are saved.
  [[nodiscard]] bool is_first_node() const {
    if (allocation_.node_count < 2) return true;
    return read_job_nodes(job_.job, Node::step_deadline()).front().name == allocation_.node_name;
  }

  void write_audit(const std::string& refusal) {
    AuditEntry entry(job_.job);
    entry.node = job_.node_name;
    entry.uid = job_.uid;
    entry.user = user_.name;
    entry.image = request_.name.text() + ":" + request_.version.text();
    entry.digest = request_.digest.to_string();
    if (approval_) {
      entry.key = approval_->key;
      entry.key_id = approval_->key_id.to_string();
    }
    entry.refusal = refusal;
    append_audit_entry(node_.site.audit_log, entry);
  }

  void stage() {
    // From here on the image's files are in use, and eviction passes them by.
    node_.records.save(record_);
    staged_ = stage_image(node_, *image_);
    if (staged_.copied)
      try_to_show_cached_images(node_.site, job_.node_name, Node::step_deadline());
  }

  void make_disk() {
    const DiskSpace space = node_.site.disk_reserve ? DiskSpace::kReserved : DiskSpace::kAsWritten;
    disk_path_ = node_.scratch.create(job_.job, record_.disk_mib, space, Node::step_deadline());
  }

  void make_network() {
    space_.create(Node::step_deadline());
    if (image_->network == ImageNetwork::kPrivate) {
      private_network_ = plan_private_network(allocation_, node_.site, node_.hypervisor->kind(),
                                              Node::step_deadline());
    }
    if (private_network_) segment().create(Node::step_deadline());
  }

  [[nodiscard]] PrivateSegment segment() const {
    return {*private_network_, node_.hypervisor->kind()};
  }

  void describe() {
    record_.token = random_hex(kTokenBytes);
    record_.guest_address = control_link::kGuestAddress;
    record_.port = control_link::kAgentPort;
    folders_.emplace(user_, record_,
                     plan_mounts(user_, allocation_.work_dir,
                                 {request_.mounts, image_->mounts, node_.site.mounts}));
    write_job_initrd(staged_.initrd, guest_config(), job_initrd_path(node_.site.scratch, job_.job));
    // The token must be known to whoever comes after us, should we be killed from here on.
    node_.records.save(record_);
  }

  [[nodiscard]] GuestConfig guest_config() const {
    GuestConfig guest(job_.job);
    guest.hostname = record_.hostname;
    guest.token = record_.token;
    guest.control_mac = control_link::guest_mac(node_.hypervisor->kind());
    guest.guest_address = record_.guest_address;
    guest.prefix_length = control_link::kPrefixLength;
    guest.port = record_.port;
    if (private_network_) {
      const PrivateNode& own = private_network_->own;
      guest.private_nic = {own.guest_mac, own.guest_address, private_network_->prefix_length,
                           private_network_->mtu_bytes};
      guest.hosts = private_network_->hosts();
      guest.ssh_keys = make_job_ssh_keys(job_.job, request_.secret);
    }
    guest.root_device = disk_device(node_.hypervisor->kind(), 0);
    guest.root_format = image_->root_format;
    for (std::size_t i = 1; i <= staged_.layers.size(); ++i)
      guest.layer_devices.push_back(disk_device(node_.hypervisor->kind(), i));
    guest.scratch_device = disk_device(node_.hypervisor->kind(), staged_.layers.size() + 1);
    guest.user_name = user_.name;
    guest.uid = user_.uid;
    guest.gid = user_.gid;
    guest.home = user_.home;
    guest.shell = user_.shell;
    guest.groups = user_.groups;
    guest.root_inside = request_.root_inside;
    guest.own_init = image_->boot == BootMode::kInit;
    guest.mounts_folders = folders_->any();
    guest.task_rules = task_rules(*image_, request_);
    guest.task_rules.image = record_.image;
    return guest;
  }

  void create() {
    DomainDescription domain({job_.job, job_.uid, record_.image, request_.digest});
    domain.vcpus = record_.vcpus;
    domain.memory_mib = record_.memory_mib;
    domain.process_memory_mib = allocation_.memory_mib;
    domain.pinned_cpus = cpus_.pinned;
    domain.numa_node = cpus_.numa_node;
    domain.kernel = staged_.kernel;
    domain.initrd = job_initrd_path(node_.site.scratch, job_.job);
    domain.kernel_options = image_->kernel_options.value_or(node_.site.kernel_options);
    domain.disks = {{staged_.root, true}};
    for (const auto& layer : staged_.layers) domain.disks.push_back({layer, true});
    domain.disks.push_back({disk_path_, false, !node_.site.disk_reserve});
    domain.disk_caps = {bound_or_zero(caps_.disk_iops), bound_or_zero(caps_.disk_kib_per_s) << 10};
    domain.pci_devices = devices_;
    if (private_network_) domain.private_mac = private_network_->own.guest_mac;
    domain.console_log = node_.records.file(job_.job, "console.log");
    node_.hypervisor->create(domain, Node::step_deadline());
    space_.connect_guest(Node::step_deadline());
    if (private_network_) segment().connect_guest(Node::step_deadline());
    cap_network();
  }

  void cap_network() {
    const LinkCaps caps{bound_or_zero(caps_.network_in_kib_per_s),
                        bound_or_zero(caps_.network_out_kib_per_s)};
    cap_links(job_.job, space_.open().get(), caps, Node::step_deadline());
  }

  [[nodiscard]] AgentClient agent() const {
    return AgentClient({namespace_file(job_.job), record_.guest_address, record_.port},
                       {record_.token, job_.job.number(), user_.uid, user_.gid});
  }

  /// A second boot has what the first has left of the time.
  [[nodiscard]] bool wait_for_agent(GuestStart::OnStall on_stall) {
    if (!booted_by_) booted_by_ = Deadline::in(node_.site.boot_timeout);
    start_.emplace(node_, record_, agent(), image_->boot, *booted_by_);
    if (!start_->await_agent(on_stall)) return false;
    // The kernel has read it; the token in it is of no more use there.
    remove_job_initrd(node_.site.scratch, job_.job);
    return true;
  }

  /// What is slow to boot is slow at this, too.
  void mount_folders() {
    const UniqueFd space = space_.open();
    folders_->mount(agent(), {space.get(), cpus_.helpers, node_.records.file(job_.job, "9p.log")},
                    node_.site.boot_timeout / 2);
  }

  Node& node_;
  const JobEnvironment& job_;
  JobRecord& record_;
  WorkspaceRequest request_;
  Allocation allocation_;
  CpuPlan cpus_;
  RateCaps caps_;
  std::vector<PciAddress> devices_;
  JobNamespace space_;
  std::optional<PrivateNetwork> private_network_;
  Steps steps_;
  UserAccount user_;
  std::optional<ImagePolicy> policy_;
  std::optional<Approval> approval_;
  std::optional<Manifest> image_;
  StagedImage staged_;
  std::string disk_path_;
  std::optional<Deadline> booted_by_;
  std::optional<GuestStart> start_;
  std::optional<FolderMounts> folders_;
};

/// True if this very run of the job has its workspace already: slurmd calls a prolog more than
/// once.
bool is_booted(Node& node, const JobEnvironment& job) {
  try {
    const auto record = node.records.load(job.job);
    return record && has_vm(record->state) && record->restart_count == job.restart_count &&
           record->uid == job.uid && node.hypervisor->is_running(job.job, Node::step_deadline());
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kInvalid) throw;
    log_warning(e.text());
    return false;
  }
}

/// Puts the job back into the queue, and says so. Slurm does not do it for a job that is no batch
/// job or was submitted with --no-requeue: that one fails.
std::string queue_again(JobId job) {
  try {
    requeue_job(job, Node::step_deadline());
    return "the job is queued again";
  } catch (const Error& e) {
    return e.text();
  }
}

/// Ends a boot that failed. After a user's fault the record says why, and the node is as before; a
/// host's fault goes on to the caller.
void give_up(Node& node, JobRecord& record, const Error& fault) {
  if (is_user_fault(fault.kind())) {
    record.state = WorkspaceState::kFailed;
    record.reason = fault.text();
    if (fault.kind() == ErrorKind::kBusy) record.reason += "; " + queue_again(record.job);
    node.records.save(record);
    log_info("refused: " + fault.text());
  }
  remove_job_parts(node, record.job);
}

}  // namespace

void boot_workspace(Node& node, const JobEnvironment& job) {
  const FileLock lock = node.records.make_locked_folder(job.job, Node::step_deadline());
  if (is_booted(node, job)) return;
  JobRecord record(job.job);
  record.uid = job.uid;
  record.restart_count = job.restart_count;
  record.hostname = job.node_name;
  record.start_unix_ms = unix_now_ms();
  node.records.save(record);
  remove_job_parts(node, job.job);
  try {
    Boot(node, job, record).run();
    record.state = WorkspaceState::kRunning;
    record.ready_unix_ms = unix_now_ms();
    node.records.save(record);
  } catch (const Error& e) {
    if (is_user_fault(e.kind())) return give_up(node, record, e);
    try {
      give_up(node, record, e);
    } catch (const Error& another) {
      log_error(another.text());
    }
    throw;
  }
}

}  // namespace workspace
