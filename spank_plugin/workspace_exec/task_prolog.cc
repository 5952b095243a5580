#include "spank_plugin/workspace_exec/task_prolog.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"

namespace workspace::exec {
namespace {

constexpr std::string_view kNodePath = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
constexpr std::string_view kKeptNames[] = {"HOME", "LOGNAME", "SHELL", "TMPDIR", "USER"};
constexpr std::string_view kSpaces = " \t\v\f\r";
constexpr std::size_t kMaxOutputBytes = std::size_t{1} << 20;

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

void remove_variable(std::string_view name, std::vector<std::string>& environment) {
  std::erase_if(environment, [&](const auto& variable) { return name_of(variable) == name; });
}

std::string_view without_leading_spaces(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  return text;
}

std::string_view without_trailing_spaces(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

[[noreturn]] void become_prolog(const std::string& program, const UniqueFd& output,
                                const std::vector<std::string>& environment) {
  ::setpgid(0, 0);
  ::dup2(output.get(), STDOUT_FILENO);
  // slurmstepd closes the other two; the program's first file would then be its stdin.
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDERR_FILENO);
  std::vector<char*> variables;
  for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  variables.push_back(nullptr);
  char* const argv[] = {const_cast<char*>(program.c_str()), nullptr};
  ::execve(program.c_str(), argv, variables.data());
  ::_exit(127);
}

struct Said {
  std::string output;  ///< all until nobody can say more
  int status = 0;
};

Said run(const std::string& program, const std::vector<std::string>& environment) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("making a pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) throw_errno("starting " + program);
  if (pid == 0) become_prolog(program, write_end, environment);
  write_end.reset();
  Said said{read_all(read_end.get(), kMaxOutputBytes, "reading from " + program), 0};
  while (::waitpid(pid, &said.status, 0) < 0 && errno == EINTR) continue;
  ::kill(-pid, SIGKILL);
  return said;
}

}  // namespace

std::vector<std::string> prolog_environment(const std::vector<std::string>& task_environment) {
  std::vector<std::string> kept;
  for (const auto& variable : task_environment) {
    const auto name = name_of(variable);
    const bool is_kept =
        name.starts_with("SLURM") ||
        std::find(std::begin(kKeptNames), std::end(kKeptNames), name) != std::end(kKeptNames);
    if (is_kept) kept.push_back(variable);
  }
  kept.emplace_back(kNodePath);
  return kept;
}

std::string apply_prolog_line(std::string_view line, std::vector<std::string>& environment) {
  const auto take = [&](std::string_view word) {
    if (!line.starts_with(word)) return false;
    line = without_leading_spaces(line.substr(word.size()));
    return true;
  };
  if (take("print ")) return std::string(line) + "\n";
  if (take("export ")) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return "";
    const auto name = without_trailing_spaces(line.substr(0, equals));
    if (name.empty()) return "";
    remove_variable(name, environment);
    environment.push_back(std::string(name) + "=" + std::string(line.substr(equals + 1)));
  } else if (take("unset ")) {
    remove_variable(without_trailing_spaces(line), environment);
  }
  return "";
}

int run_task_prolog(const std::string& program, std::vector<std::string>& environment) {
  if (::access(program.c_str(), R_OK | X_OK) != 0) throw_errno("running TaskProlog " + program);
  // slurmstepd tells it so, and the task keeps the variable.
  environment.emplace_back("SLURM_SCRIPT_CONTEXT=prolog_task");
  const Said said = run(program, prolog_environment(environment));
  std::string_view rest = said.output;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string text = apply_prolog_line(rest.substr(0, end), environment);
    (void)!::write(STDOUT_FILENO, text.data(), text.size());
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return WIFEXITED(said.status) ? WEXITSTATUS(said.status) : 128 + WTERMSIG(said.status);
}

}  // namespace workspace::exec
