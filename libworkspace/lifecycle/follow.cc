#include "libworkspace/lifecycle/follow.h"

#include <poll.h>

#include <cstdlib>
#include <optional>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/process.h"
#include "libworkspace/lifecycle/reporting.h"
#include "libworkspace/model/utc_time.h"
#include "libworkspace/network/job_namespace.h"
#include "libworkspace/slurm/job_query.h"
#include "libworkspace/watch/job_watch.h"

namespace workspace {
namespace {

constexpr std::chrono::seconds kAskTimeout{20};
constexpr std::chrono::seconds kWatchStart{10};
constexpr std::chrono::milliseconds kPollInterval{5};
/// A guest that takes longer to acknowledge what the node has sent finds it repeated later.
constexpr std::chrono::milliseconds kTimeForAcknowledgement{500};

/// Nothing when there is no folder to lock, or no longer.
std::optional<FileLock> lock_workspace(const RecordStore& records, JobId job) {
  try {
    return records.lock(job, Node::step_deadline());
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kNotFound) throw;
    return std::nullopt;
  }
}

bool is_suspended(JobId job) {
  const auto place = find_job(job, Deadline::in(kAskTimeout));
  return place && place->state == "SUSPENDED";
}

/// The servers first, and what they have sent is waited for: the kernel repeats what a paused guest
/// does not acknowledge ever more seldom, at last every two minutes, and the guest would then wait
/// for it as long after its pause.
void pause_workspace(Node& node, const JobNamespace& space, JobRecord& record) {
  if (record.state != WorkspaceState::kSuspended) {
    record.state = WorkspaceState::kSuspended;
    record.suspended_since_unix_ms = unix_now_ms();
    node.records.save(record);
  }
  space.stop_processes();
  space.await_acknowledgement(Deadline::in(kTimeForAcknowledgement));
  node.hypervisor->suspend(record.job, Node::step_deadline());
}

void continue_workspace(Node& node, const JobNamespace& space, JobRecord& record) {
  node.hypervisor->resume(record.job, Node::step_deadline());
  space.continue_processes();
  record.state = WorkspaceState::kRunning;
  record.suspended_ms += suspended_now_ms(record, unix_now_ms());
  record.suspended_since_unix_ms = 0;
  node.records.save(record);
}

}  // namespace

Followed follow_job(Node& node, JobId job) {
  const auto lock = lock_workspace(node.records, job);
  if (!lock) return Followed::kOver;
  auto record = node.records.load(job);
  if (!record || !has_vm(record->state)) return Followed::kOver;
  if (node.hypervisor->disk_server(job, Node::step_deadline()).is_lost()) {
    log_error("the QEMU that served the VM's disks has died; the VM is ended");
    node.hypervisor->destroy(job, Node::step_deadline());
    return Followed::kOver;
  }
  const bool was_suspended = record->state == WorkspaceState::kSuspended;
  const bool suspended = is_suspended(job);
  const JobNamespace space(job, node.hypervisor->kind());
  // Also when it is suspended already: whoever paused it may have been killed half way.
  if (suspended) {
    pause_workspace(node, space, *record);
  } else if (was_suspended) {
    continue_workspace(node, space, *record);
  }
  if (suspended != was_suspended) log_info(suspended ? "the VM is paused" : "the VM continues");
  return suspended ? Followed::kSuspended : Followed::kRuns;
}

void start_watch(Node& node, const JobRecord& record) {
  const JobId job = record.job;
  const std::string socket_path = watch_socket(node.records.runtime_dir(), job);
  if (watch_answers(socket_path)) return;
  const DiskServer disks = node.hypervisor->disk_server(job, Node::step_deadline());
  Command watch;
  watch.argv = {std::string(build_paths::kLibexecDir) + "/job-watch", job.to_string()};
  if (disks.process.valid()) {
    watch.argv.push_back(std::to_string(disks.process.get()));
    watch.kept_fds.push_back(disks.process.get());
  }
  watch.cpus = record.helper_cpus;
  if (const char* const conf = std::getenv("SLURM_CONF"))
    watch.environment.push_back(std::string("SLURM_CONF=") + conf);
  start_detached(watch, node.records.file(job, "watch.log"));
  const Deadline deadline = Deadline::in(kWatchStart);
  while (!watch_answers(socket_path)) {
    if (deadline.passed())
      throw Error(ErrorKind::kHost, "the watch of job " + job.to_string() +
                                        " does not start; see " +
                                        node.records.file(job, "watch.log"));
    ::poll(nullptr, 0, deadline.poll_ms(kPollInterval));
  }
}

}  // namespace workspace
