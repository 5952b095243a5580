/// A job's watch: `job-watch JOB [PIDFD]`, started by the prolog for the job's life, with the
/// process that serves the VM's disks where there is one. It waits for that process's end and for
/// what tasks tell of Slurm's signals, without the sixty libraries that the look at the job takes:
/// that is follow-workspace's.

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string>
#include <utility>

#include "build_paths.h"
#include "follow/look_status.h"
#include "follow/watch_loop.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/text.h"
#include "libworkspace/watch/job_watch.h"

namespace workspace::follow {
namespace {

Look look_of(int status) {
  if (!WIFEXITED(status)) return Look::kFailed;
  switch (WEXITSTATUS(status)) {
    case kStatusRuns:
      return Look::kRuns;
    case kStatusSuspended:
      return Look::kSuspended;
    case kStatusOver:
      return Look::kOver;
    default:
      return Look::kFailed;
  }
}

/// Every wait of the program has a deadline of its own.
Look look_at_job(const std::string& job) {
  const std::string program = std::string(build_paths::kLibexecDir) + "/follow-workspace";
  const pid_t child = ::fork();
  if (child < 0) return Look::kFailed;
  if (child == 0) {
    // The epilog ends this process, and means both.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl(program.c_str(), program.c_str(), job.c_str(), nullptr);
    ::_exit(EXIT_FAILURE);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return look_of(status);
}

int inherited_descriptor(const char* text) {
  const auto number = parse_decimal(text, INT_MAX);
  const int fd = number ? static_cast<int>(*number) : -1;
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    throw Error(ErrorKind::kUsage, "'" + printable(text, 16) + "' is no open descriptor");
  return fd;
}

int watch(int argc, char** argv) {
  if (argc < 2 || argc > 3) throw Error(ErrorKind::kUsage, "usage: job-watch JOB [PIDFD]");
  const JobId job = JobId::parse(argv[1]);
  set_log_context("watch", job.to_string());
  const std::string socket_path = watch_socket(build_paths::kRuntimeDir, job);
  // One watch for each job: a second one ends here.
  const FileLock lock(socket_path + ".lock", Deadline::in({}));
  UniqueFd disk_server(argc == 3 ? inherited_descriptor(argv[2]) : -1);
  WatchLoop(listen_for_tasks(socket_path), std::move(disk_server), [&] {
    return look_at_job(job.to_string());
  }).run();
  return 0;
}

}  // namespace
}  // namespace workspace::follow

int main(int argc, char** argv) {
  return workspace::main_guard("workspace watch", workspace::follow::watch, argc, argv);
}
