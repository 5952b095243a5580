#include "spank_plugin/workspace_exec/task_description.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/standard_descriptors.h"
#include "spank_plugin/workspace_exec/carried_environment.h"

namespace workspace::exec {
namespace {

constexpr std::string_view kLimitPrefix = "SLURM_RLIMIT_";
constexpr std::string_view kUmaskName = "SLURM_UMASK";

std::optional<std::string> variable(const char* const* environment, std::string_view name) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return std::string(entry.substr(name.size() + 1));
  }
  return std::nullopt;
}

/// Slurm prints RLIM_INFINITY as an unsigned or as a signed number.
std::optional<std::uint64_t> parse_limit(std::string text) {
  if (text.starts_with('U')) text.erase(0, 1);
  if (text == "-1") return ResourceLimit::kUnlimited;
  return parse_decimal(text);
}

std::uint64_t number_of(rlim_t value) {
  return value == RLIM_INFINITY ? ResourceLimit::kUnlimited : value;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

std::uint32_t task_umask() {
  if (const auto text = variable(environ, kUmaskName)) {
    char* end = nullptr;
    const unsigned long value = std::strtoul(text->c_str(), &end, 8);
    if (!text->empty() && *end == '\0' && value <= 0777) return static_cast<std::uint32_t>(value);
  }
  const mode_t own = ::umask(0);
  ::umask(own);
  return own;
}

std::string current_directory() {
  char* const path = ::get_current_dir_name();
  if (path == nullptr) throw_errno("finding the working directory");
  std::string copy(path);
  std::free(path);
  return copy;
}

/// slurmstepd gives a task of `srun --mpi=pmi2` a socket. Whatever else the variable may say (a
/// user may set it) is the program's own affair.
int pmi_socket() {
  const auto text = variable(environ, "PMI_FD");
  const auto number = text ? parse_decimal(*text, 1023) : std::nullopt;
  if (!number || *number <= STDERR_FILENO) return -1;
  struct stat status {};
  const int fd = static_cast<int>(*number);
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? fd : -1;
}

}  // namespace

std::vector<std::string> task_environment(const char* const* environment) {
  std::vector<std::string> kept;
  for (; *environment != nullptr; ++environment) {
    if (!std::string_view(*environment).starts_with(kLimitPrefix)) kept.emplace_back(*environment);
  }
  return kept;
}

std::vector<ResourceLimit> task_limits(const char* const* environment) {
  std::vector<ResourceLimit> limits;
  for (const auto& entry : kResourceNames) {
    struct rlimit own {};
    if (::getrlimit(static_cast<__rlimit_resource_t>(entry.resource), &own) != 0) continue;
    ResourceLimit limit{std::string(entry.name), number_of(own.rlim_cur), number_of(own.rlim_max)};
    const auto wanted = variable(environment, std::string(kLimitPrefix) + upper_case(entry.name));
    if (const auto soft = wanted ? parse_limit(*wanted) : std::nullopt)
      limit.soft = std::min(*soft, limit.hard);
    limits.push_back(std::move(limit));
  }
  return limits;
}

TaskSpec describe_task(const std::vector<std::string>& argv, const std::string& script_path) {
  TaskSpec spec;
  spec.argv = argv;
  spec.environment = task_environment(environ);
  spec.working_directory = take_carried_folder(spec.environment);
  spec.from_inside = take_inside_mark(spec.environment);
  restore_environment(spec.environment);
  if (spec.working_directory.empty()) spec.working_directory = current_directory();
  spec.umask = task_umask();
  spec.limits = task_limits(environ);
  spec.stdio = stdio_kinds();
  spec.pmi_fd = pmi_socket();
  spec.script_path = script_path;
  struct winsize window {};
  if (spec.wants_terminal() && ::ioctl(STDIN_FILENO, TIOCGWINSZ, &window) == 0)
    spec.terminal = {window.ws_row, window.ws_col};
  return spec;
}

}  // namespace workspace::exec
