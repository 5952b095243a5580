#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"

namespace workspace {

/// Whom a child runs as. Groups are the whole supplementary list.
struct Credentials {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

/// How a child process is started. Nothing of the caller's environment or descriptors goes to it
/// but what is named here.
struct Command {
  /// argv[0] is an absolute path or a name looked up in the system's folders alone.
  std::vector<std::string> argv;
  /// Added to `PATH=/usr/sbin:/usr/bin:/sbin:/bin` and `LC_ALL=C.UTF-8`, as NAME=VALUE.
  std::vector<std::string> environment;
  std::optional<Credentials> credentials;
  /// A network namespace to enter before the program starts.
  int network_namespace_fd = -1;
  /// A mount namespace to enter before the program starts: argv[0] is a path in its root.
  int mount_namespace_fd = -1;
  /// A rule set of landlock(7) that bounds the program (file_fence.h makes one).
  int fence_fd = -1;
  /// The CPUs that it may run on, by Linux's numbers; empty: the caller's.
  std::vector<std::uint32_t> cpus = {};
  /// Descriptors that the program inherits under their own numbers.
  std::vector<int> kept_fds;
  /// Bounds on a tool that reads what is not trusted; 0 is no bound.
  std::uint64_t max_memory_bytes = 0;
  unsigned max_cpu_s = 0;
  std::uint64_t max_file_bytes = 0;  ///< of each file it writes
  /// For a tool that reads what is not trusted: no network, none of the node's IPC objects, no
  /// privileges from set-user-id programs, no core dump. A caller that is not root gets of this
  /// what the kernel grants to ordinary users.
  bool isolated = false;
  /// Of isolation all but the network, which such a tool is to use.
  bool keeps_network = false;
  /// A descriptor for its stdin instead of /dev/null.
  int stdin_fd = -1;
};

struct CommandResult {
  int exit_status = 0;  ///< 128 + N for death by signal N, as a shell tells it
  std::string output;
  std::string error_output;
};

/// Runs a program to its end, with stdin from /dev/null. Each stream is kept up to
/// `max_output_bytes`; the rest is read and dropped. At the deadline the program's process group is
/// killed. Errors: kTimeout; kHost when the program cannot be started.
CommandResult run_command(const Command& command, Deadline deadline,
                          std::size_t max_output_bytes = 65536);

/// Runs programs at once, the stdout of each being the stdin of the next, to the end of all; the
/// output that is kept is the last one's. `watch`, if there is one, is called some times a second
/// meanwhile; what it throws kills them. At the deadline all of them are killed. The results are in
/// the order of the commands. A program that ends early lets the one before it die of SIGPIPE, so
/// the fault to tell is that of the last one that failed by itself. Errors: as run_command.
std::vector<CommandResult> run_pipeline(const std::vector<Command>& commands, Deadline deadline,
                                        const std::function<void()>& watch = {},
                                        std::size_t max_output_bytes = 65536);

/// run_command that takes any exit status but 0 for a kHost error, whose text is the command's
/// name and the last line it wrote to stderr. Returns its stdout.
std::string check_command(const Command& command, Deadline deadline);

/// Starts a program that outlives the caller: its own session, stdin and stdout from and to
/// /dev/null, stderr appended to `log_path` (or /dev/null when empty). Returns its pid.
/// Errors: kHost when it cannot be started.
pid_t start_detached(const Command& command, const std::string& log_path);

}  // namespace workspace
