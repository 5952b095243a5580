#include "guest/held_salloc.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <utility>

#include "guest/command_call.h"
#include "guest/files.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/ending.h"

namespace workspace::agent {
namespace {

constexpr int kExitNotFound = 127;
constexpr std::size_t kMaxEnvironmentBytes = std::size_t{4} << 20;

std::pair<UniqueFd, UniqueFd> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_guest_errno("making a pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// salloc's own variables are Slurm's; all others are this process's already.
void take_over(std::string_view variables) {
  for (const auto& variable : split(variables, '\0')) {
    const auto equals = variable.find('=');
    if (equals != std::string::npos && variable.starts_with("SLURM_"))
      ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
}

/// Waits until the allocation is made; false when salloc ended without one.
bool await_allocation(CommandCall& call, int output) {
  std::string variables;
  while (!call.end()) {
    if (!call.serve_once(output, true)) continue;
    std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t got = ::read(output, buffer.data(), buffer.size());
    if (got <= 0) break;
    variables.append(buffer.data(), static_cast<std::size_t>(got));
    if (variables.size() > kMaxEnvironmentBytes)
      throw Error(ErrorKind::kInvalid, "salloc's environment is too large");
    if (variables.ends_with(std::string_view("\0\0", 2))) {
      take_over(variables);
      return true;
    }
  }
  while (!call.end()) call.serve_once(-1, true);
  return false;
}

pid_t start(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw_guest_errno("starting a process");
  if (pid != 0) return pid;
  Signals::restore();
  ::execvp(argv[0], argv.data());
  const std::string text =
      "salloc: error: " + printable(command[0], 256) + ": " + std::strerror(errno) + "\n";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(kExitNotFound);
}

std::string user_shell() {
  const char* const shell = std::getenv("SHELL");
  return shell != nullptr && ::access(shell, X_OK) == 0 ? shell : "/bin/sh";
}

}  // namespace

int run_held_salloc(TaskSpec spec, std::vector<std::string> command) {
  if (command.empty()) command = {user_shell()};
  spec.stdio = {StdioKind::kRelayed, StdioKind::kRelayed, StdioKind::kRelayed};
  auto [status_read, status_write] = make_pipe();
  auto [environment_read, environment_write] = make_pipe();
  CallStreams streams;
  streams.input = std::move(status_read);
  streams.output = std::move(environment_write);
  streams.error_output = UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  CommandCall call(spec, std::move(streams));
  if (!await_allocation(call, environment_read.get())) end_like(call.run());

  const pid_t pid = start(command);
  const UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  // A signal from the terminal reaches the command by itself. When the job is over before it, what
  // is left to do here is to wait: so it is outside.
  while (!call.end() && !call.serve_once(ended.get(), false)) continue;
  int wait_status = 0;
  while (::waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  const int status =
      WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
  const char byte = static_cast<char>(status);
  (void)!::write(status_write.get(), &byte, 1);
  status_write.reset();
  call.run();
  return status;
}

}  // namespace workspace::agent
