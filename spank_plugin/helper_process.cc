#include "spank_plugin/helper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxOutputBytes = 65536;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;

  Pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw_errno("making a pipe");
    read_end = UniqueFd(fds[0]);
    write_end = UniqueFd(fds[1]);
  }
};

/// posix_spawn's two settings objects, with what every helper gets.
class SpawnSettings {
 public:
  SpawnSettings(int out_fd, int err_fd) {
    check(::posix_spawn_file_actions_init(&actions_));
    check(::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0));
    check(::posix_spawn_file_actions_adddup2(&actions_, out_fd, 1));
    check(::posix_spawn_file_actions_adddup2(&actions_, err_fd, 2));
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, 3));

    check(::posix_spawnattr_init(&attributes_));
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    check(::posix_spawnattr_setsigmask(&attributes_, &none));
    check(::posix_spawnattr_setsigdefault(&attributes_, &all));
    check(::posix_spawnattr_setpgroup(&attributes_, 0));
    check(::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  static void check(int error) {
    if (error != 0) throw_errno("preparing a process", error);
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

/// A started helper: killed with its process group and reaped unless wait() saw its end.
class Helper {
 public:
  Helper(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
         int out_fd, int err_fd) {
    const SpawnSettings settings(out_fd, err_fd);
    const int error =
        ::posix_spawn(&pid_, argv[0].c_str(), settings.actions(), settings.attributes(),
                      pointers(argv).data(), pointers(environment).data());
    if (error != 0) throw_errno("starting " + argv[0], error);
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;
  ~Helper() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  /// The process goes on without this object.
  pid_t release() { return std::exchange(pid_, 0); }

  /// The exit status; nothing at the deadline.
  bool wait(Deadline deadline, int& exit_status) {
    const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0U)));
    if (!pidfd.valid()) throw_errno("watching a process");
    struct pollfd entry = {pidfd.get(), POLLIN, 0};
    int ready = -1;
    while (ready < 0) {
      ready = ::poll(&entry, 1, deadline.poll_ms());
      if (ready < 0 && errno != EINTR) throw_errno("waiting for a process");
    }
    if (ready == 0) return false;
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) throw_errno("waiting for a process");
    pid_ = 0;
    exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  }

 private:
  pid_t pid_ = 0;
};

/// Reads what is there into `kept`, up to the bound; drops the rest. Closes the end at its end.
void read_some(UniqueFd& fd, std::string& kept) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    fd.reset();
    return;
  }
  kept.append(buffer.data(),
              std::min(static_cast<std::size_t>(got), kMaxOutputBytes - kept.size()));
}

/// Passes on what is there. Closes the end at its end, and when nobody wants more.
void pass_on(UniqueFd& from, int to) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    from.reset();
    return;
  }
  try {
    write_all(to, {buffer.data(), static_cast<std::size_t>(got)}, "passing on");
  } catch (const Error&) {
    from.reset();
  }
}

}  // namespace

HelperResult run_helper(const std::vector<std::string>& argv,
                        const std::vector<std::string>& environment, Deadline deadline) {
  const auto late = [&] {
    return Error(ErrorKind::kTimeout, argv.at(0) + " did not end in time and was killed");
  };
  Pipe out;
  Pipe err;
  Helper helper(argv, environment, out.write_end.get(), err.write_end.get());
  out.write_end.reset();
  err.write_end.reset();

  HelperResult result;
  while (out.read_end.valid() || err.read_end.valid()) {
    std::array<struct pollfd, 2> entries = {
        {{out.read_end.get(), POLLIN, 0}, {err.read_end.get(), POLLIN, 0}}};
    const int ready = ::poll(entries.data(), entries.size(), deadline.poll_ms());
    if (ready < 0 && errno != EINTR) throw_errno("waiting for " + argv[0]);
    if (ready == 0) throw late();
    if (ready < 0) continue;
    if (entries[0].revents != 0) read_some(out.read_end, result.output);
    if (entries[1].revents != 0) read_some(err.read_end, result.error_output);
  }
  if (!helper.wait(deadline, result.exit_status)) throw late();
  return result;
}

StartedHelper start_helper(const std::vector<std::string>& argv,
                           const std::vector<std::string>& environment) {
  Pipe out;
  Pipe err;
  Helper helper(argv, environment, out.write_end.get(), err.write_end.get());
  return {helper.release(), std::move(out.read_end), std::move(err.read_end)};
}

int relay_helper(StartedHelper& helper) {
  while (helper.output.valid() || helper.error_output.valid()) {
    std::array<struct pollfd, 2> entries = {
        {{helper.output.get(), POLLIN, 0}, {helper.error_output.get(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      if (errno != EINTR) throw_errno("waiting for a helper");
      continue;
    }
    if (entries[0].revents != 0) pass_on(helper.output, STDOUT_FILENO);
    if (entries[1].revents != 0) pass_on(helper.error_output, STDERR_FILENO);
  }
  int status = 0;
  while (::waitpid(helper.pid, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waiting for a helper");
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string last_line(std::string_view output) {
  while (output.ends_with('\n')) output.remove_suffix(1);
  const auto before = output.rfind('\n');
  return printable(before == std::string_view::npos ? output : output.substr(before + 1), 1024);
}

}  // namespace workspace
