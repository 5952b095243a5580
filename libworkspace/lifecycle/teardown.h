#pragma once

#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// Removes all that a job's workspace has on this node, in the one order that leaves nothing: the
/// watch; the domain; the helpers, sockets and links of its network namespace and the namespace;
/// the disks; the record. What a job that asked for it has changed is saved before its disk goes
/// (saving.h). Each step takes "already gone" for success, so it may be called at any time and
/// again. If a step fails the record stays, and with it the knowledge that something is left.
/// Errors: kHost; kTimeout.
void tear_down_workspace(Node& node, JobId job);

/// The same, unless the job has a record whose end has not begun: for a job that Slurm has here and
/// whose prolog may be at work. Returns whether it was removed.
bool tear_down_unless_in_use(Node& node, JobId job);

/// Whether the job's workspace is being made or is there, by its record; a record that cannot be
/// read is taken for one in use.
bool is_in_use(const RecordStore& records, JobId job);

/// The same for a caller that holds the job's lock, without the last step and with nothing saved.
void remove_job_parts(Node& node, JobId job);

}  // namespace workspace
