#include "spank_plugin/workspace_exec/host_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/signals.h"

namespace workspace::exec {
namespace {

constexpr int kExitWorkspace = 125;

struct Terminal {
  UniqueFd master;
  UniqueFd slave;
};

Terminal open_terminal(const TerminalSize& size) {
  Terminal terminal;
  terminal.master = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char name[64];
  if (!terminal.master.valid() || ::grantpt(terminal.master.get()) != 0 ||
      ::unlockpt(terminal.master.get()) != 0 ||
      ::ptsname_r(terminal.master.get(), name, sizeof name) != 0)
    throw_errno("opening a terminal");
  terminal.slave = UniqueFd(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.slave.valid()) throw_errno(std::string("opening ") + name);
  const struct winsize window { size.rows, size.columns, 0, 0 };
  ::ioctl(terminal.master.get(), TIOCSWINSZ, &window);
  return terminal;
}

UniqueFd duplicate(const UniqueFd& fd) {
  UniqueFd copy(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!copy.valid()) throw_errno("duplicating a descriptor");
  return copy;
}

void make_non_blocking(const UniqueFd& fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    throw_errno("making a descriptor non-blocking");
}

/// Both sides of the command's standard descriptors; those of this process go into `streams`.
struct Ends {
  std::array<UniqueFd, kStreamCount> of_command;
  UniqueFd terminal;

  Ends(const HostCommand& command, Streams& streams) {
    Terminal opened;
    if (std::find(command.stdio.begin(), command.stdio.end(), StdioKind::kTerminal) !=
        command.stdio.end())
      opened = open_terminal(command.terminal);
    for (std::uint8_t stream = 0; stream < kStreamCount; ++stream) {
      UniqueFd own;
      switch (command.stdio[stream]) {
        case StdioKind::kClosed:
        case StdioKind::kNull:
          // A closed one would go to the first file that the command opens.
          of_command[stream] = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
          if (!of_command[stream].valid()) throw_errno("opening /dev/null");
          break;
        case StdioKind::kRelayed: {
          int ends[2];
          if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("making a pipe");
          const bool input = stream == kStdin;
          of_command[stream] = UniqueFd(ends[input ? 0 : 1]);
          own = UniqueFd(ends[input ? 1 : 0]);
          break;
        }
        case StdioKind::kAsStdout:
          of_command[stream] = duplicate(of_command[kStdout]);
          break;
        case StdioKind::kTerminal:
          of_command[stream] = duplicate(opened.slave);
          // What the command writes on its terminal is one stream.
          if (stream != kStderr || command.stdio[kStdout] != StdioKind::kTerminal)
            own = duplicate(opened.master);
          break;
      }
      if (!own.valid()) continue;
      make_non_blocking(own);
      if (stream == kStdin) {
        streams.add_sink(stream, std::move(own));
      } else {
        streams.add_source(stream, std::move(own));
      }
    }
    terminal = std::move(opened.master);
  }
};

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void say(const std::string& line) {
  const std::string text = "workspace: " + line + "\n";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

/// A folder of the guest's own is not on the node. To srun's tasks it is handed on by itself, and
/// what only asks Slurm has no use for one.
void enter_folder(const HostCommand& command) {
  if (::chdir(command.working_directory.c_str()) == 0) return;
  const char* const home = std::getenv("HOME");
  if ((home == nullptr || ::chdir(home) != 0) && ::chdir("/") != 0) ::_exit(kExitWorkspace);
  if (command.argv[0] == "sbatch" || command.argv[0] == "salloc") {
    say("the folder '" + printable(command.working_directory) + "' does not exist on the node; " +
        command.argv[0] + " works in '" + printable(home != nullptr ? home : "/") + "'");
  }
}

[[noreturn]] void become(const HostCommand& command, const std::vector<std::string>& argv,
                         const Ends& ends, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExitWorkspace);
  Signals::restore();
  for (int number = 0; number <= STDERR_FILENO; ++number)
    ::dup2(ends.of_command[static_cast<std::size_t>(number)].get(), number);
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  if (command.stdio[kStdin] == StdioKind::kTerminal) ::ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  ::umask(static_cast<mode_t>(command.umask));
  enter_folder(command);
  ::execve(command.path.c_str(), c_strings(argv).data(), c_strings(command.environment).data());
  say("the node has no " + printable(command.path) + ": " + std::strerror(errno));
  ::_exit(kExitWorkspace);
}

}  // namespace

HostProcess::HostProcess(const HostCommand& command, std::uint8_t channel) : streams_(channel) {
  std::vector<std::string> argv = command.argv;
  if (command.script) {
    script_.emplace(argv[command.script_word], *command.script);
    argv[command.script_word] = script_->path();
  }
  Ends ends(command, streams_);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("starting a process");
  if (pid_ == 0) become(command, argv, ends, parent);
  terminal_ = std::move(ends.terminal);
  ended_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0U)));
  if (!ended_.valid()) {
    ::kill(pid_, SIGKILL);
    throw_errno("watching a process");
  }
}

HostProcess::~HostProcess() {
  ::kill(-pid_, SIGKILL);
  if (end_) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

HostProcess::ScriptCopy::ScriptCopy(const std::string& name, const std::string& content) {
  std::string folder = "/tmp/workspace-script-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw_errno("making a folder for the batch script");
  const std::string last = name.substr(name.rfind('/') + 1);
  folder_ = folder;
  path_ = folder + "/" + (last.empty() || last == "." || last == ".." ? "script" : last);
  const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700));
  // A folder without the script in it leaves sbatch with an error of its own.
  if (fd.valid()) (void)!::write(fd.get(), content.data(), content.size());
}

HostProcess::ScriptCopy::~ScriptCopy() {
  ::unlink(path_.c_str());
  ::rmdir(folder_.c_str());
}

void HostProcess::reap() {
  int status = 0;
  if (end_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return;
  if (WIFSIGNALED(status)) {
    end_ = TaskExit{true, static_cast<std::uint8_t>(WTERMSIG(status)),
                    static_cast<bool>(WCOREDUMP(status))};
  } else {
    end_ = TaskExit{false, static_cast<std::uint8_t>(WEXITSTATUS(status)), false};
  }
}

void HostProcess::signal(int number) const {
  if (!end_) ::kill(pid_, number);
}

void HostProcess::resize(const TerminalSize& size) const {
  const struct winsize window { size.rows, size.columns, 0, 0 };
  if (terminal_.valid()) ::ioctl(terminal_.get(), TIOCSWINSZ, &window);
}

}  // namespace workspace::exec
