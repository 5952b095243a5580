#include "libworkspace/lifecycle/teardown.h"

#include <unistd.h>

#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/lifecycle/job_initrd.h"
#include "libworkspace/lifecycle/reporting.h"
#include "libworkspace/lifecycle/saving.h"
#include "libworkspace/lifecycle/steps.h"
#include "libworkspace/network/job_namespace.h"
#include "libworkspace/watch/job_watch.h"

namespace workspace {
namespace {

/// From here on no task may enter, whatever happens to this process. Returns the record as it was
/// before, if there is one. A record that cannot be read is removed at the end like any other: its
/// folder alone keeps tasks from running on the host.
std::optional<JobRecord> mark_ending(const RecordStore& records, JobId job) {
  try {
    const auto record = records.load(job);
    // Also where a crash of the node has taken it: were this process killed, the next reconcile
    // would else find the folder alone, and take it for a prolog's that is at work.
    JobRecord ending = record.value_or(JobRecord(job));
    ending.state = WorkspaceState::kEnding;
    records.save(ending);
    return record;
  } catch (const Error& e) {
    log_warning(e.text());
    return std::nullopt;
  }
}

/// Nothing when the workspace is gone: another teardown (the reconcile of slurmd's start beside an
/// epilog) held the lock and has done it all.
std::optional<FileLock> lock_unless_gone(const RecordStore& records, JobId job) {
  try {
    records.make_folder(job);
    return records.lock(job, Node::step_deadline());
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kNotFound) throw;
    return std::nullopt;
  }
}

/// A job whose record says so is saved on the way, while what is saved is there.
Steps::Times remove_parts(Node& node, const JobRecord& record) {
  const JobId job = record.job;
  Saving saving(node, record);
  Steps steps;
  steps.run("watch", "ending the job's watch", [&] {
    end_watch(watch_socket(node.records.runtime_dir(), job), Node::step_deadline());
  });
  steps.run("settle", "ending the tasks of a job that is saved", [&] { saving.settle(); });
  steps.run("domain", "destroying the domain",
            [&] { node.hypervisor->destroy(job, Node::step_deadline()); });
  steps.run("network", "removing the network namespace",
            [&] { JobNamespace(job, node.hypervisor->kind()).remove(Node::step_deadline()); });
  steps.run("save", "saving what the job changed", [&] { saving.keep(); });
  steps.run("disk", "removing the scratch disk", [&] {
    node.scratch.remove(job);
    remove_job_initrd(node.site.scratch, job);
  });
  return steps.times_ms();
}

/// For the holder of the job's lock.
void remove_workspace(Node& node, JobId job) {
  auto report = begin_report(node, job);
  const auto record = mark_ending(node.records, job);
  const Steps::Times times_ms = remove_parts(node, record.value_or(JobRecord(job)));
  forget_unfinished_report(node, record.value_or(JobRecord(job)));
  finish_report(node, report, times_ms);
  node.records.remove(job);
}

}  // namespace

void remove_job_parts(Node& node, JobId job) { remove_parts(node, JobRecord(job)); }

void tear_down_workspace(Node& node, JobId job) {
  const auto lock = lock_unless_gone(node.records, job);
  if (lock) remove_workspace(node, job);
}

bool tear_down_unless_in_use(Node& node, JobId job) {
  const auto lock = lock_unless_gone(node.records, job);
  if (!lock || is_in_use(node.records, job)) return false;
  remove_workspace(node, job);
  return true;
}

bool is_in_use(const RecordStore& records, JobId job) {
  try {
    const auto record = records.load(job);
    return record && record->state != WorkspaceState::kEnding;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kInvalid) throw;
    return true;
  }
}

}  // namespace workspace
