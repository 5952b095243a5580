#include "spank_plugin/task_epilog.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/slurm_command_line.h"
#include "spank_plugin/options.h"
#include "spank_plugin/step_entry.h"

namespace workspace {
namespace {

constexpr char kMark[] = "SLURM_WORKSPACE_TASK_EPILOG";
constexpr std::string_view kKeptNames[] = {"HOME", "LOGNAME", "SHELL", "TMPDIR", "USER"};
constexpr char kNodePath[] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/// This process is one step's on one node.
struct Step {
  bool has_workspace = false;
  bool is_refused = false;
};
Step step;

bool is_set(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool is_kept(std::string_view name) {
  return name.starts_with("SLURM") ||
         std::find(std::begin(kKeptNames), std::end(kKeptNames), name) != std::end(kKeptNames);
}

std::vector<std::string> names_of_variables(spank_t spank) {
  char** environment = nullptr;
  std::vector<std::string> names;
  if (spank_get_item(spank, S_JOB_ENV, &environment) != ESPANK_SUCCESS) return names;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view variable(*environment);
    names.emplace_back(variable.substr(0, variable.find('=')));
  }
  return names;
}

}  // namespace

bool announce_task_epilog() {
  std::vector<std::string> words = own_command_line();
  if (!words.empty()) words[0] = "srun";
  const bool brings_one =
      is_set("SLURM_TASK_EPILOG") || SlurmCommandLine::parse(words).may_have("task-epilog", 0);
  if (brings_one)
    ::setenv(kMark, "1", 1);
  else
    ::unsetenv(kMark);
  return brings_one;
}

void look_for_task_epilog(spank_t spank) noexcept {
  try {
    std::uint32_t job = 0;
    char mark[2];
    if (spank_get_item(spank, S_JOB_ID, &job) != ESPANK_SUCCESS) return;
    step.has_workspace = has_workspace(JobId(job));
    const spank_err_t error = spank_getenv(spank, kMark, mark, sizeof mark);
    if (error != ESPANK_SUCCESS && error != ESPANK_NOSPACE) return;
    spank_unsetenv(spank, kMark);
    step.is_refused = step.has_workspace;
  } catch (const std::exception&) {
    // What cannot be looked at now is looked at again for each task, and told there.
  }
}

int refuse_task_epilog() noexcept {
  if (!step.is_refused) return 0;
  slurm_error("workspace: %s", kTaskEpilogRefusal);
  return -1;
}

void prepare_task_epilog(spank_t spank) noexcept {
  if (!step.has_workspace) return;
  try {
    for (const auto& name : names_of_variables(spank)) {
      if (!is_kept(name)) spank_unsetenv(spank, name.c_str());
    }
    spank_setenv(spank, "PATH", kNodePath, 1);
  } catch (const std::exception& e) {
    slurm_error("workspace: %s", e.what());
  }
}

}  // namespace workspace
