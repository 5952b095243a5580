#include "spank_plugin/workspace_exec/carried_environment.h"

#include <algorithm>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/model/host_commands.h"

namespace workspace::exec {
namespace {

constexpr std::string_view kCarried = "WORKSPACE_CARRIED_";
constexpr std::string_view kFolder = "WORKSPACE_CARRIED_FOLDER";
constexpr std::string_view kInsideMark = "WORKSPACE_CARRIED_FROM_INSIDE=1";

/// What moves a program through its loader or its C library, by ld.so(8), and the pages of glibc
/// and its resolver.
constexpr std::string_view kMovingPrefixes[] = {"LD_", "MALLOC_", "GLIBC_"};
constexpr std::string_view kMovingNames[] = {
    "GCONV_PATH", "GETCONF_DIR", "GMON_OUT_PREFIX", "HOSTALIASES", "LOCALDOMAIN",   "LOCPATH",
    "NIS_PATH",   "NLSPATH",     "RESOLV_MULTI",    "RES_OPTIONS", "RES_HOST_CONF", "TZDIR"};

/// What chooses another configuration, cluster or identity for the command, or a program that it
/// runs on the node, by the manual pages of srun, sbatch, salloc, squeue and slurm.conf.
constexpr std::string_view kDeniedNames[] = {
    "SLURM_CONF_SERVER", "SLURM_JWT",        "SLURM_CLUSTERS", "SBATCH_CLUSTERS",
    "SALLOC_CLUSTERS",   "SLURM_PROLOG",     "SLURM_EPILOG",   "SLURM_DEBUGGER",
    "SLURM_TASK_PROLOG", "SLURM_TASK_EPILOG"};

std::string_view name_of_variable(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::string_view value_of_variable(std::string_view variable) {
  const auto equals = variable.find('=');
  return equals == std::string_view::npos ? "" : variable.substr(equals + 1);
}

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool moves_programs(std::string_view name) {
  return is_one_of(kMovingNames, name) ||
         std::any_of(std::begin(kMovingPrefixes), std::end(kMovingPrefixes),
                     [&](auto prefix) { return name.starts_with(prefix); });
}

[[noreturn]] void refuse(std::string_view name) {
  throw Error(ErrorKind::kDenied, "the variable " + std::string(name) +
                                      " may not be set for a command of Slurm's that is called "
                                      "from inside a workspace; unset it");
}

}  // namespace

std::vector<std::string> carried_environment(const std::vector<std::string>& guest_environment,
                                             const std::string& slurm_conf) {
  std::vector<std::string> carried;
  for (const auto& variable : guest_environment) {
    const auto name = name_of_variable(variable);
    // These are ours to set.
    if (name == kInsideVariable || name.starts_with(kCarried)) continue;
    if (name == "SLURM_CONF") {
      // Slurm sets it for its tasks where the file is not at its usual place.
      if (value_of_variable(variable) != slurm_conf) refuse(name);
    } else if (is_one_of(kDeniedNames, name)) {
      if (!value_of_variable(variable).empty()) refuse(name);
    } else if (moves_programs(name)) {
      carried.push_back(std::string(kCarried) + variable);
    } else {
      carried.push_back(variable);
    }
  }
  if (!slurm_conf.empty()) carried.push_back("SLURM_CONF=" + slurm_conf);
  carried.push_back(std::string(kInsideVariable) + "=1");
  return carried;
}

void restore_environment(std::vector<std::string>& environment) {
  std::vector<std::string> carried;
  std::erase_if(environment, [&](const std::string& variable) {
    if (name_of_variable(variable) == kInsideVariable) return true;
    if (!variable.starts_with(kCarried)) return false;
    carried.push_back(variable.substr(kCarried.size()));
    return true;
  });
  for (auto& variable : carried) {
    const auto same_name = [&](const std::string& other) {
      return name_of_variable(other) == name_of_variable(variable);
    };
    std::erase_if(environment, same_name);
    environment.push_back(std::move(variable));
  }
}

std::string carried_folder(const std::string& folder) {
  return std::string(kFolder) + "=" + folder;
}

std::string take_carried_folder(std::vector<std::string>& environment) {
  std::string folder;
  std::erase_if(environment, [&](const std::string& variable) {
    if (name_of_variable(variable) != kFolder) return false;
    folder = value_of_variable(variable);
    return true;
  });
  return folder;
}

std::string inside_mark() { return std::string(kInsideMark); }

bool take_inside_mark(std::vector<std::string>& environment) {
  return std::erase(environment, kInsideMark) != 0;
}

}  // namespace workspace::exec
