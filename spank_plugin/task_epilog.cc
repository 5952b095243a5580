#include "spank_plugin/task_epilog.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/error.h"
#include "spank_plugin/step_entry.h"

namespace workspace {
namespace {

constexpr std::string_view kKeptNames[] = {"HOME", "LOGNAME", "SHELL", "TMPDIR", "USER"};
constexpr char kNodePath[] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

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

void prepare_task_epilog(spank_t spank) noexcept {
  try {
    std::uint32_t job = 0;
    if (spank_get_item(spank, S_JOB_ID, &job) != ESPANK_SUCCESS || !has_workspace(JobId(job)))
      return;
    for (const auto& name : names_of_variables(spank)) {
      if (!is_kept(name)) spank_unsetenv(spank, name.c_str());
    }
    spank_setenv(spank, "PATH", kNodePath, 1);
  } catch (const std::exception& e) {
    slurm_error("workspace: %s", e.what());
  }
}

}  // namespace workspace
