#include "guest/task_rules.h"

#include <sys/stat.h>
#include <unistd.h>

#include "guest/accounts.h"
#include "guest/task_environment.h"

namespace workspace::agent {
namespace {

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_program(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

std::string choose_folder(const std::string& own, const GuestTaskRules& rules) {
  if (!rules.working_directory.empty()) return rules.working_directory;
  if (rules.image_working_directory.empty() || is_folder(own)) return own;
  return rules.image_working_directory;
}

/// What salloc's interactive step runs: the user's shell by its path on the node.
bool is_interactive_shell(const TaskSpec& spec, const GuestConfig& config) {
  return spec.wants_terminal() && spec.argv == std::vector<std::string>{config.shell};
}

}  // namespace

void apply_task_rules(TaskSpec& spec, const GuestConfig& config) {
  if (spec.from_inside) return;
  spec.environment = inside_environment(spec.environment, config.task_rules,
                                        {config.home, shell_inside(config), is_program});
  if (is_interactive_shell(spec, config)) spec.argv = {shell_inside(config)};
  spec.working_directory = choose_folder(spec.working_directory, config.task_rules);
}

}  // namespace workspace::agent
