#include "libworkspace/base/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
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

/// By set(): operator[] compares each variable that is there with the new one's whole name, and
/// reads behind the end of one that is shorter.
bp::environment environment_of(const Command& command) {
  bp::environment environment;
  environment.set("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
  environment.set("LC_ALL", "C.UTF-8");
  for (const auto& pair : command.environment) {
    const auto equals = pair.find('=');
    environment.set(pair.substr(0, equals), pair.substr(equals + 1));
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
    // Behind Boost's own handlers, so this is what stays.
    if (command.stdin_fd >= 0) ::dup2(command.stdin_fd, STDIN_FILENO);
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
    if (command.mount_namespace_fd >= 0 && ::setns(command.mount_namespace_fd, CLONE_NEWNS) != 0)
      ::_exit(126);
    limit(RLIMIT_AS, command.max_memory_bytes);
    limit(RLIMIT_CPU, command.max_cpu_s);
    limit(RLIMIT_FSIZE, command.max_file_bytes);
    if (!grouped || !bind() || !isolate() || !drop_privileges() || !fence()) ::_exit(126);
  }

 private:
  [[nodiscard]] bool bind() const {
    if (command.cpus.empty()) return true;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const auto cpu : command.cpus)
      if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
    return ::sched_setaffinity(0, sizeof set, &set) == 0;
  }

  [[nodiscard]] bool isolate() const {
    if (!command.isolated) return true;
    const int spaces = CLONE_NEWIPC | (command.keeps_network ? 0 : CLONE_NEWNET);
    if (::geteuid() == 0) {
      if (::unshare(spaces) != 0) return false;
    } else {
      // Where the site forbids it to users, the user's own rights are the bound.
      (void)::unshare(CLONE_NEWUSER | spaces);
    }
    const struct rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  }

  /// The kernel wants from one who is not root that no program gives rights back.
  [[nodiscard]] bool fence() const {
    return command.fence_fd < 0 ||
           (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
            ::syscall(SYS_landlock_restrict_self, command.fence_fd, 0) == 0);
  }

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

namespace {

/// How often a pipeline's watcher is called.
constexpr std::chrono::milliseconds kWatchInterval{200};

/// A program of a pipeline with what it says.
class Stage {
 public:
  /// `out_fd` is where its stdout goes; without one it is kept.
  Stage(const Command& command, int out_fd, std::size_t max_output_bytes) : name_(command.argv[0]) {
    bp::pipe out_pipe;
    bp::pipe err_pipe;
    if (out_fd >= 0) {
      const std::unique_ptr<FILE, int (*)(FILE*)> stream(::fdopen(::dup(out_fd), "w"), &::fclose);
      if (!stream) throw_errno("opening a pipe");
      child_ = spawn(command, false, bp::std_out > stream.get(), bp::std_err > err_pipe);
    } else {
      child_ = spawn(command, false, bp::std_out > out_pipe, bp::std_err > err_pipe);
      out_fd_.reset(::fcntl(out_pipe.native_source(), F_DUPFD_CLOEXEC, 3));
    }
    err_fd_.reset(::fcntl(err_pipe.native_source(), F_DUPFD_CLOEXEC, 3));
    out_ = Drain(out_fd_.get(), max_output_bytes);
    err_ = Drain(err_fd_.get(), max_output_bytes);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  std::array<Drain*, 2> streams() { return {&out_, &err_}; }
  bool wait(Deadline deadline) { return reaper_.wait(deadline); }
  CommandResult take_result() { return {reaper_.exit_status(), out_.take(), err_.take()}; }

 private:
  std::string name_;
  bp::child child_;
  Reaper reaper_{child_};
  UniqueFd out_fd_;
  UniqueFd err_fd_;
  Drain out_{-1, 0};
  Drain err_{-1, 0};
};

struct PipeEnds {
  UniqueFd read;
  UniqueFd write;
};

PipeEnds make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw_errno("making a pipe");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/// Reads what the programs say until all of them have closed their streams.
void drain_all(std::vector<std::unique_ptr<Stage>>& stages, Deadline deadline,
               const std::function<void()>& watch) {
  for (;;) {
    std::vector<struct pollfd> entries;
    std::vector<Drain*> drains;
    for (auto& stage : stages) {
      for (Drain* drain : stage->streams()) {
        if (!drain->open()) continue;
        entries.push_back(drain->poll_entry());
        drains.push_back(drain);
      }
    }
    if (entries.empty()) return;
    const int wait_ms = watch ? deadline.poll_ms(kWatchInterval) : deadline.poll_ms();
    const int ready = ::poll(entries.data(), entries.size(), wait_ms);
    if (ready < 0 && errno != EINTR) throw_errno("waiting for " + stages.back()->name());
    if (deadline.passed() && ready == 0) {
      throw Error(ErrorKind::kTimeout,
                  stages.back()->name() + " did not end in time and was killed");
    }
    if (watch) watch();
    for (std::size_t i = 0; ready > 0 && i < entries.size(); ++i)
      if (entries[i].revents != 0) drains[i]->read_some();
  }
}

}  // namespace

std::vector<CommandResult> run_pipeline(const std::vector<Command>& commands, Deadline deadline,
                                        const std::function<void()>& watch,
                                        std::size_t max_output_bytes) {
  std::vector<std::unique_ptr<Stage>> stages;
  UniqueFd from_previous;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const bool last = i + 1 == commands.size();
    Command command = commands[i];
    if (from_previous.valid()) command.stdin_fd = from_previous.get();
    PipeEnds pipe = last ? PipeEnds() : make_pipe();
    stages.push_back(std::make_unique<Stage>(command, pipe.write.get(), max_output_bytes));
    from_previous = std::move(pipe.read);
  }
  drain_all(stages, deadline, watch);
  std::vector<CommandResult> results;
  for (auto& stage : stages) {
    if (!stage->wait(deadline))
      throw Error(ErrorKind::kTimeout, stage->name() + " did not end in time and was killed");
    results.push_back(stage->take_result());
  }
  return results;
}

CommandResult run_command(const Command& command, Deadline deadline, std::size_t max_output_bytes) {
  return std::move(run_pipeline({command}, deadline, {}, max_output_bytes).front());
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
