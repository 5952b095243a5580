#include "guest/task_process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "guest/files.h"
#include "guest/out_of_memory.h"
#include "guest/program_path.h"
#include "guest/task_tmpdir.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

/// 125 as env(1), timeout(1) and the container programs use it: the fault is not the command's.
constexpr int kExitWorkspace = 125;
constexpr int kExitNotExecutable = 126;
constexpr int kExitNotFound = 127;

/// The task's ends of its standard descriptors, by number, and of its PMI socket.
struct TaskEnds {
  std::array<UniqueFd, kStreamCount> fds;
  UniqueFd pmi;
};

/// Wide enough that task and agent take few turns where a change of turns is dear: in a guest whose
/// CPU is emulated, streams go twice as fast as with a pipe of the usual size.
constexpr int kPipeBytes = 1 << 20;

std::pair<UniqueFd, UniqueFd> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_guest_errno("making a pipe");
  ::fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void make_non_blocking(const UniqueFd& fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    throw_guest_errno("making a descriptor non-blocking");
}

UniqueFd duplicate(const UniqueFd& fd) {
  UniqueFd copy(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!copy.valid()) throw_guest_errno("duplicating a descriptor");
  return copy;
}

/// A program may open its descriptors again by name: /dev/stdout, /proc/self/fd/1, its terminal.
void give_to_user(const UniqueFd& fd, const User& user, const std::string& what) {
  if (::geteuid() == 0 && ::fchown(fd.get(), user.uid, static_cast<gid_t>(-1)) != 0)
    throw_guest_errno("giving " + what + " to the task's user");
}

/// Opens a pseudo terminal of the given size; returns its master and slave sides.
std::pair<UniqueFd, UniqueFd> make_terminal(const TerminalSize& size, const User& user) {
  UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char name[64];
  if (!master.valid() || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
      ::ptsname_r(master.get(), name, sizeof name) != 0)
    throw_guest_errno("opening a terminal");
  UniqueFd slave(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave.valid()) throw_guest_errno(std::string("opening ") + name);
  give_to_user(slave, user, name);
  const struct winsize window { size.rows, size.columns, 0, 0 };
  ::ioctl(master.get(), TIOCSWINSZ, &window);
  return {std::move(master), std::move(slave)};
}

std::pair<UniqueFd, UniqueFd> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw_guest_errno("making a pair of sockets");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Makes both sides of the standard descriptors; the agent's go into `process`.
TaskEnds make_ends(const TaskSpec& spec, const User& user, TaskProcess& process) {
  TaskEnds ends;
  UniqueFd master;
  UniqueFd slave;
  if (spec.wants_terminal()) std::tie(master, slave) = make_terminal(spec.terminal, user);
  UniqueFd* const own_ends[] = {&process.input, &process.output, &process.error_output};
  for (std::size_t stream = 0; stream < kStreamCount; ++stream) {
    switch (spec.stdio[stream]) {
      case StdioKind::kClosed:
        break;
      case StdioKind::kNull:
        ends.fds[stream] =
            UniqueFd(::open("/dev/null", (stream == kStdin ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
        if (!ends.fds[stream].valid()) throw_guest_errno("opening /dev/null");
        break;
      case StdioKind::kRelayed: {
        // Named for the output streams: of stdin's pipe the task has the other end.
        auto [read_end, write_end] = make_pipe();
        give_to_user(write_end, user, "a pipe");
        if (stream == kStdin) std::swap(read_end, write_end);
        ends.fds[stream] = std::move(write_end);
        *own_ends[stream] = std::move(read_end);
        break;
      }
      case StdioKind::kAsStdout:
        ends.fds[stream] = duplicate(ends.fds[kStdout]);
        break;
      case StdioKind::kTerminal:
        ends.fds[stream] = duplicate(slave);
        // stdout and stderr are one on a terminal; what comes from it goes to the first of them.
        if (stream != kStderr || spec.stdio[kStdout] != StdioKind::kTerminal)
          *own_ends[stream] = duplicate(master);
        break;
    }
    if (own_ends[stream]->valid()) make_non_blocking(*own_ends[stream]);
  }
  if (spec.pmi_fd >= 0) {
    std::tie(process.pmi, ends.pmi) = make_socket_pair();
    make_non_blocking(process.pmi);
  }
  process.terminal = std::move(master);
  return ends;
}

void set_limits(const TaskSpec& spec) {
  for (const auto& limit : spec.limits) {
    const auto* const entry = std::find_if(kResourceNames.begin(), kResourceNames.end(),
                                           [&](const auto& e) { return e.name == limit.name; });
    const struct rlimit values { limit.soft, std::max(limit.soft, limit.hard) };
    // A limit above what this kernel allows (nofile over fs.nr_open) is left as it is.
    if (entry != kResourceNames.end())
      ::setrlimit(static_cast<__rlimit_resource_t>(entry->resource), &values);
  }
}

/// A vCPU that is not there is left out; a task without any keeps them all.
void bind_to_vcpus(const TaskSpec& spec) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const auto vcpu : spec.vcpus) {
    if (vcpu < CPU_SETSIZE) CPU_SET(vcpu, &set);
  }
  if (!spec.vcpus.empty()) ::sched_setaffinity(0, sizeof set, &set);
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Puts the ends at 0, 1 and 2. None of them is there already: the agent keeps those numbers in
/// use.
void install_descriptors(const TaskSpec& spec, const TaskEnds& ends) {
  for (std::size_t stream = 0; stream < kStreamCount; ++stream) {
    const int number = static_cast<int>(stream);
    if (ends.fds[stream].valid()) {
      ::dup2(ends.fds[stream].get(), number);
    } else {
      ::close(number);
    }
  }
  // What the agent has open carries CLOEXEC anyway; this also holds for what a later change
  // forgets.
  if (spec.pmi_fd < 0) {
    ::syscall(SYS_close_range, 3U, ~0U, 0U);
    return;
  }
  if (ends.pmi.get() == spec.pmi_fd)
    ::fcntl(spec.pmi_fd, F_SETFD, 0);
  else
    ::dup2(ends.pmi.get(), spec.pmi_fd);
  const auto kept = static_cast<unsigned>(spec.pmi_fd);
  if (kept > 3U) ::syscall(SYS_close_range, 3U, kept - 1, 0U);
  ::syscall(SYS_close_range, kept + 1, ~0U, 0U);
}

void say(const std::string& line) {
  const std::string text = "workspace: " + line + "\n";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

[[noreturn]] void end_with(int status, const std::string& line) {
  say(line);
  ::_exit(status);
}

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string describe_bad_folder(const std::string& folder, int error_number) {
  const std::string subject = "the working directory '" + printable(folder) + "' ";
  if (error_number != ENOENT && error_number != ENOTDIR)
    return subject + "cannot be entered inside the workspace: " + std::strerror(error_number);
  return subject + "does not exist inside the workspace; use --chdir or --workspace-mount";
}

/// Like slurmstepd with argv[0], which is the path where the program was found. Not so with the
/// status of a program that cannot be executed: slurmstepd's is the errno, which programs end with
/// as well; a shell's two are the program's own less often.
[[noreturn]] void execute(const TaskSpec& spec) {
  const std::string& name = spec.argv[0];
  const ProgramPath program = find_program(name, spec.environment);
  if (program.error == ENOENT || program.error == ENOTDIR)
    end_with(kExitNotFound, describe_failure(name, program.error));
  if (program.error != 0) end_with(kExitNotExecutable, describe_failure(name, program.error));
  auto argv = spec.argv;
  argv[0] = name.front() == '.' ? spec.working_directory + "/" + name : program.path;
  ::execve(argv[0].c_str(), c_strings(argv).data(), c_strings(spec.environment).data());
  // The program is there, so it is its interpreter that is missing: the `#!` line's or the loader.
  if (errno == ENOENT) {
    end_with(kExitNotExecutable,
             printable(name) + ": its interpreter does not exist inside the workspace");
  }
  end_with(kExitNotExecutable, describe_failure(name, errno));
}

/// slurmstepd sees to TMPDIR for the first of a node's tasks alone.
bool is_first_of_node(const std::vector<std::string>& environment) {
  return std::none_of(environment.begin(), environment.end(), [](const auto& variable) {
    return variable.starts_with("SLURM_LOCALID=") && variable != "SLURM_LOCALID=0";
  });
}

[[noreturn]] void run_task_process(TaskSpec spec, const User& user, const TaskCgroup& cgroup,
                                   const TaskEnds& ends) {
  reset_signals();
  const bool terminal = spec.wants_terminal();
  // Without a terminal the task stays in the session of the agent's process: a group whose parent
  // is in its own session is not orphaned, and SIGTSTP stops it as it would on the node.
  if (terminal) {
    ::setsid();
  } else {
    ::setpgid(0, 0);
  }
  try {
    cgroup.ensure_entered();
    offer_task();
    install_descriptors(spec, ends);
    if (terminal) ::ioctl(spec.stdio[kStdin] == StdioKind::kTerminal ? 0 : 1, TIOCSCTTY, 0);
    set_limits(spec);
    bind_to_vcpus(spec);
    become(user);
  } catch (const Error& e) {
    end_with(kExitWorkspace, e.text());
  }
  ::umask(static_cast<mode_t>(spec.umask));
  if (::chdir(spec.working_directory.c_str()) != 0)
    end_with(kExitWorkspace, describe_bad_folder(spec.working_directory, errno));
  if (is_first_of_node(spec.environment)) {
    const std::string complaint = make_tmpdir(spec.environment);
    if (!complaint.empty()) say(complaint);
  }
  execute(spec);
}

}  // namespace

TaskProcess start_task(const TaskSpec& spec, const User& user, const TaskCgroup& cgroup) {
  TaskProcess process;
  const TaskEnds ends = make_ends(spec, user, process);
  process.pid = cgroup.fork_inside();
  if (process.pid < 0) throw_guest_errno("starting a process");
  if (process.pid == 0) run_task_process(spec, user, cgroup, ends);
  // Both sides set the group, so that a signal that comes now does not miss it.
  if (!spec.wants_terminal()) ::setpgid(process.pid, process.pid);
  process.ended = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0U)));
  if (!process.ended.valid()) throw_guest_errno("watching the task");
  return process;
}

}  // namespace workspace::agent
