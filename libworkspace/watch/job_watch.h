#pragma once

#include <string>
#include <string_view>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// The socket of a job's watch, in the job's root-only folder.
///
/// A watch (libexec/workspace/job-watch) is a process of root's that lives as long as the job does
/// on the node. It ends the VM when what serves its disks has died, and pauses it while Slurm holds
/// the job suspended. No prolog and no epilog runs at that; all that happens on the node are
/// signals to the tasks (scontrol(1), suspend). Each task therefore has a connection to the watch
/// and tells it of them. What a task says is a hint and no more, for it is the user's process: the
/// watch asks the controller.
std::string watch_socket(std::string_view runtime_dir, JobId job);

/// What a task may say, a byte each.
enum class WatchHint : char {
  kStopping = 'S',    ///< SIGTSTP came: perhaps the job is being suspended
  kContinuing = 'C',  ///< SIGCONT came: perhaps it is being resumed, or cancelled
};

/// A connection for a task; the descriptor is closed at exec. The watch knows the caller's process
/// by it (SO_PEERCRED, unix(7)). Errors: kNotFound when no watch is there; kHost.
UniqueFd connect_to_watch(const std::string& socket_path);

/// Says it, unless there is no connection (-1) or nobody reads it.
void tell_watch(int connection, WatchHint hint) noexcept;

/// True if a watch is there.
bool watch_answers(const std::string& socket_path);

/// Ends the watch at once. "Already gone" is success. Errors: kHost, when it does not die by the
/// deadline.
void end_watch(const std::string& socket_path, Deadline deadline);

/// For the watch itself: the listening socket at that path, in place of a dead watch's.
/// Errors: kHost.
UniqueFd listen_for_tasks(const std::string& socket_path);

}  // namespace workspace
