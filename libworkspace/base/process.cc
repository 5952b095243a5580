#include "libworkspace/base/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <cerrno>
#include <memory>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

namespace bp = boost::process;

const std::vector<boost::filesystem::path>& system_folders() {
  static const std::vector<boost::filesystem::path> folders = {"/usr/sbin", "/usr/bin", "/sbin",
                                                               "/bin"};
  return folders;
}

bp::environment environment_of(const Command& command) {
  bp::environment environment;
  environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
  environment["LC_ALL"] = "C.UTF-8";
  for (const auto& pair : command.environment) {
    const auto equals = pair.find('=');
    environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return environment;
}

void limit(int resource, std::uint64_t most) {
  const struct rlimit bound = {most, most};
  if (most != 0) ::setrlimit(static_cast<__rlimit_resource_t>(resource), &bound);
}

/// What the child does between fork and exec. Only async-signal-safe calls; a failure ends it with
/// 126, and the error that Boost.Process would report is then the program's own silence.
struct ChildSetup : bp::extend::handler {
  const Command& command;
  bool new_session;

  ChildSetup(const Command& c, bool session) : command(c), new_session(session) {}

  template <class Executor>
  void on_exec_setup(Executor&) const {
    const bool grouped = new_session ? ::setsid() >= 0 : ::setpgid(0, 0) == 0;
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int ignored : {SIGPIPE, SIGCHLD, SIGINT, SIGQUIT, SIGHUP})
      ::signal(ignored, SIG_DFL);
    ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int fd : command.kept_fds) ::fcntl(fd, F_SETFD, 0);
    if (command.network_namespace_fd >= 0 &&
        ::setns(command.network_namespace_fd, CLONE_NEWNET) != 0)
      ::_exit(126);
    limit(RLIMIT_AS, command.max_memory_bytes);
    limit(RLIMIT_CPU, command.max_cpu_s);
    if (!grouped || !drop_privileges()) ::_exit(126);
  }

 private:
  [[nodiscard]] bool drop_privileges() const {
    if (!command.credentials) return true;
    const auto& to = *command.credentials;
    return ::setgroups(to.groups.size(), to.groups.data()) == 0 &&
           ::setresgid(to.gid, to.gid, to.gid) == 0 && ::setresuid(to.uid, to.uid, to.uid) == 0;
  }
};

std::string program_path(const Command& command) {
  const std::string& name = command.argv.at(0);
  if (name.find('/') != std::string::npos) return name;
  const auto found = bp::search_path(name, system_folders());
  if (found.empty())
    throw Error(ErrorKind::kHost, "the program " + name + " is not installed on this node");
  return found.string();
}

template <class Out, class Err>
bp::child spawn(const Command& command, bool new_session, Out&& out, Err&& err) {
  const std::vector<std::string> arguments(command.argv.begin() + 1, command.argv.end());
  const std::string program = program_path(command);
  try {
    return bp::child(bp::exe = program, bp::args = arguments, environment_of(command),
                     bp::std_in < bp::null, std::forward<Out>(out), std::forward<Err>(err),
                     ChildSetup(command, new_session));
  } catch (const bp::process_error& e) {
    throw Error(ErrorKind::kHost, "starting " + program + ": " + e.code().message());
  }
}

/// One stream of the child: keeps the first bytes, drains the rest.
class Drain {
 public:
  Drain(int fd, std::size_t most) : fd_(fd), most_(most) {}

  [[nodiscard]] bool open() const { return fd_ >= 0; }
  [[nodiscard]] struct pollfd poll_entry() const { return {fd_, POLLIN, 0}; }

  void read_some() {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) {
      fd_ = -1;
      return;
    }
    const std::size_t room = most_ - std::min(most_, kept_.size());
    kept_.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
  }

  std::string take() { return std::move(kept_); }

 private:
  int fd_;
  std::size_t most_;
  std::string kept_;
};

/// Kills the child's process group and reaps the child unless it has been waited for.
class Reaper {
 public:
  explicit Reaper(bp::child& child) : child_(child) {}
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper() {
    if (!child_.valid()) return;
    ::kill(-child_.id(), SIGKILL);
    std::error_code ignored;
    child_.wait(ignored);
  }

  /// Waits for the end until the deadline; false when it passed.
  bool wait(Deadline deadline) {
    const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child_.id(), 0U)));
    if (!pidfd.valid()) throw_errno("watching process " + std::to_string(child_.id()));
    for (;;) {
      struct pollfd entry = {pidfd.get(), POLLIN, 0};
      const int ready = ::poll(&entry, 1, deadline.poll_ms());
      if (ready > 0) break;
      if (ready == 0) return false;
      if (errno != EINTR) throw_errno("waiting for a process");
    }
    std::error_code error;
    child_.wait(error);
    const int status = child_.native_exit_code();
    exit_status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    child_ = bp::child();
    return true;
  }

  [[nodiscard]] int exit_status() const { return exit_status_; }

 private:
  bp::child& child_;
  int exit_status_ = 0;
};

}  // namespace

CommandResult run_command(const Command& command, Deadline deadline, std::size_t max_output_bytes) {
  bp::pipe out_pipe;
  bp::pipe err_pipe;
  bp::child child = spawn(command, false, bp::std_out > out_pipe, bp::std_err > err_pipe);
  Reaper reaper(child);
  const UniqueFd out_fd(::fcntl(out_pipe.native_source(), F_DUPFD_CLOEXEC, 3));
  const UniqueFd err_fd(::fcntl(err_pipe.native_source(), F_DUPFD_CLOEXEC, 3));
  out_pipe.close();
  err_pipe.close();
  Drain out(out_fd.get(), max_output_bytes);
  Drain err(err_fd.get(), max_output_bytes);
  const auto late = [&] {
    return Error(ErrorKind::kTimeout, command.argv[0] + " did not end in time and was killed");
  };
  while (out.open() || err.open()) {
    std::array<struct pollfd, 2> entries = {out.poll_entry(), err.poll_entry()};
    const int ready = ::poll(entries.data(), entries.size(), deadline.poll_ms());
    if (ready < 0 && errno != EINTR) throw_errno("waiting for " + command.argv[0]);
    if (ready == 0) throw late();
    if (entries[0].revents != 0) out.read_some();
    if (entries[1].revents != 0) err.read_some();
  }
  if (!reaper.wait(deadline)) throw late();
  return {reaper.exit_status(), out.take(), err.take()};
}

std::string check_command(const Command& command, Deadline deadline) {
  CommandResult result = run_command(command, deadline);
  if (result.exit_status == 0) return std::move(result.output);
  std::string reason = result.error_output;
  while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  reason = reason.substr(reason.rfind('\n') + 1);
  if (reason.empty()) reason = "exit status " + std::to_string(result.exit_status);
  throw Error(ErrorKind::kHost, join(command.argv, " ") + ": " + printable(reason, 512));
}

pid_t start_detached(const Command& command, const std::string& log_path) {
  const std::string log = log_path.empty() ? "/dev/null" : log_path;
  const UniqueFd log_fd(
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log_fd.valid()) throw_errno("opening " + log);
  // Boost.Process takes a FILE* or a path; the descriptor keeps O_APPEND and O_NOFOLLOW.
  const std::unique_ptr<FILE, int (*)(FILE*)> stream(::fdopen(::dup(log_fd.get()), "a"), &::fclose);
  if (!stream) throw_errno("opening " + log);
  bp::child child = spawn(command, true, bp::std_out > bp::null, bp::std_err > stream.get());
  const pid_t pid = child.id();
  child.detach();
  return pid;
}

}  // namespace workspace
