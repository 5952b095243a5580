#include "tests/support/job_life.h"

#include <array>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/random.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/hypervisor/libvirt_hypervisor.h"
#include "libworkspace/lifecycle/job_initrd.h"
#include "libworkspace/lifecycle/teardown.h"
#include "libworkspace/model/control_link.h"
#include "libworkspace/model/utc_time.h"
#include "libworkspace/network/job_namespace.h"
#include "libworkspace/network/link_caps.h"

namespace workspace::testing {
namespace {

constexpr HypervisorKind kKind = HypervisorKind::kQemu;
constexpr std::uint32_t kUid = 2001;
constexpr std::uint64_t kDiskMib = 64;
constexpr std::uint64_t kMemoryMib = 64;
/// A cap takes two more programs, and most jobs have none.
constexpr std::uint32_t kJobsPerCap = 8;

const std::string& image_content() {
  static const std::string content(std::size_t{1} << 20, 'w');
  return content;
}

Digest image_digest() { return Digest(sha256_of(image_content())); }

}  // namespace

void make_image(const std::string& folder) {
  for (const char* name : {"store", "store/files"}) make_trusted_folder(folder + "/" + name, 0755);
  write_file_atomic(Catalog(folder + "/store").file_path(image_digest()), image_content(), 0444);
  write_file_atomic(folder + "/initrd.img", "initrd", 0444);
}

Node open_test_node(const std::string& folder) {
  SiteConfig site;
  site.store = folder + "/store";
  site.cache = folder + "/cache";
  site.scratch = folder + "/scratch";
  site.kernel = folder + "/vmlinux";
  site.initrd = folder + "/initrd.img";
  site.reports = folder + "/reports";
  site.metrics = folder + "/metrics";
  site.disk_reserve = false;
  // A folder of reports that fills up would be taken for memory that is lost: each end reads its
  // names.
  site.reports_max = 100;
  auto hypervisor =
      connect_hypervisor("test:///default", kKind, Acceleration::kTcg, Node::step_deadline());
  const std::string runtime = folder + "/run";
  for (const auto& made : {runtime, site.metrics}) make_trusted_folder(made, 0755);
  Catalog catalog(site.store);
  NodeCache cache(site.cache);
  ScratchDisks scratch(site.scratch);
  return {std::move(site),  RecordStore(runtime), std::move(catalog),
          std::move(cache), std::move(scratch),   std::move(hypervisor)};
}

void JobLife::begin(std::size_t steps) {
  constexpr std::array<void (JobLife::*)(), kSteps> kInOrder = {
      &JobLife::make_record, &JobLife::stage,  &JobLife::make_disk,   &JobLife::make_network,
      &JobLife::describe,    &JobLife::create, &JobLife::tell_it_runs};
  node_.records.make_folder(job_);
  const FileLock lock = node_.records.lock(job_, Node::step_deadline());
  for (std::size_t i = 0; i < steps; ++i) (this->*kInOrder.at(i))();
}

void JobLife::end() { tear_down_workspace(node_, job_); }

void JobLife::make_record() {
  JobRecord record(job_);
  record.uid = kUid;
  record.hostname = "node1";
  record.image = "soak:1";
  record.digest = image_digest().to_string();
  record.vcpus = 1;
  record.memory_mib = kMemoryMib;
  record.disk_mib = kDiskMib;
  record.start_unix_ms = unix_now_ms();
  node_.records.save(record);
  remove_job_parts(node_, job_);
}

void JobLife::stage() {
  node_.cache.ensure(image_digest(), image_content().size(),
                     node_.catalog.file_path(image_digest()), Node::step_deadline());
}

void JobLife::make_disk() {
  node_.scratch.create(job_, kDiskMib, DiskSpace::kAsWritten, Node::step_deadline());
}

void JobLife::make_network() { JobNamespace(job_, kKind).create(Node::step_deadline()); }

void JobLife::describe() {
  GuestConfig guest(job_);
  guest.hostname = "node1";
  guest.token = random_hex(32);
  guest.control_mac = control_link::guest_mac(kKind);
  guest.guest_address = control_link::kGuestAddress;
  guest.port = control_link::kAgentPort;
  guest.root_device = disk_device(kKind, 0);
  guest.scratch_device = disk_device(kKind, 1);
  guest.user_name = "user1";
  guest.uid = guest.gid = kUid;
  write_job_initrd(node_.site.initrd, guest, job_initrd_path(node_.site.scratch, job_));
}

void JobLife::create() {
  DomainDescription domain({job_, kUid, "soak:1", image_digest()});
  domain.memory_mib = kMemoryMib;
  domain.kernel = node_.site.kernel;
  domain.initrd = job_initrd_path(node_.site.scratch, job_);
  domain.disks = {{node_.cache.file_path(image_digest()), true},
                  {node_.scratch.path(job_), false, true}};
  domain.console_log = node_.records.file(job_, "console.log");
  node_.hypervisor->create(domain, Node::step_deadline());
  const JobNamespace space(job_, kKind);
  space.connect_guest(Node::step_deadline());
  if (job_.number() % kJobsPerCap == 0)
    cap_links(job_, space.open().get(), {100, 100}, Node::step_deadline());
}

void JobLife::tell_it_runs() {
  auto record = node_.records.load(job_);
  if (!record) throw Error(ErrorKind::kHost, "job " + job_.to_string() + " has lost its record");
  record->state = WorkspaceState::kRunning;
  record->ready_unix_ms = unix_now_ms();
  node_.records.save(*record);
}

}  // namespace workspace::testing
