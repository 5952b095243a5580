#include "spank_plugin/workspace_choice.h"

#include <algorithm>
#include <utility>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/mount_spec.h"
#include "libworkspace/model/size.h"
#include "libworkspace/model/variable_names.h"

namespace workspace {
namespace {

/// A short form has more than this, which all our options begin with.
constexpr std::string_view kFirstOption = "workspace";
constexpr std::string_view kTrue = "true";

using Option = std::optional<std::string> GivenOptions::*;
using Check = void (*)(std::string_view value);

std::string variable_name(Submitter submitter, std::string_view suffix) {
  switch (submitter) {
    case Submitter::kSbatch:
      return "SBATCH_" + std::string(suffix);
    case Submitter::kSalloc:
      return "SALLOC_" + std::string(suffix);
    case Submitter::kSrun:
      break;
  }
  return "SLURM_" + std::string(suffix);
}

/// The variable's value; nothing if it is not set or empty.
std::optional<std::string> default_in(const std::string& variable, Check check,
                                      const Environment& environment) {
  auto value = environment(variable);
  if (!value || value->empty()) return std::nullopt;
  try {
    check(*value);
  } catch (Error& e) {
    throw e.in(variable);
  }
  return value;
}

}  // namespace

void check_workspace_option(std::string_view value) {
  if (value != kNoWorkspace) ImageRef::parse(value);
}

void check_disk_option(std::string_view value) { parse_size_mib(value, "disk size"); }

void check_mounts_option(std::string_view value) {
  for (const auto& mount : parse_mounts(value)) check_mount(mount);
}

void check_env_option(std::string_view value) {
  if (value.empty()) throw Error(ErrorKind::kInvalid, "no variable is named; expected VAR[,VAR]");
  parse_variable_names(value);
}

void check_workdir_option(std::string_view value) { check_absolute_path(value, "workdir"); }

void check_root_option(std::string_view value) {
  if (value != kTrue && value != "false") {
    throw Error(ErrorKind::kInvalid, "'" + printable(value, 32) + "' is neither true nor false");
  }
}

void check_save_option(std::string_view value) { ImageName::parse(value); }

std::optional<WorkspaceChoice> choose_workspace(const SaidOptions& said, Submitter submitter,
                                                const Environment& environment) {
  const auto is_said = [&](Option option) {
    return (said.command_line.*option).has_value() || (said.script.*option).has_value();
  };
  // What was said is checked already, by the option's callback.
  const auto choose = [&](Option option, std::string_view suffix, Check check) {
    if (said.command_line.*option) return said.command_line.*option;
    const auto value = default_in(variable_name(submitter, suffix), check, environment);
    return value ? value : said.script.*option;
  };
  const auto image = choose(&GivenOptions::workspace, "WORKSPACE", check_workspace_option);
  if (!image) {
    for (const auto& [option, name] : {std::pair(&GivenOptions::disk, "--workspace-disk"),
                                       std::pair(&GivenOptions::mounts, "--workspace-mount"),
                                       std::pair(&GivenOptions::env, "--workspace-env"),
                                       std::pair(&GivenOptions::workdir, "--workspace-workdir"),
                                       std::pair(&GivenOptions::root, "--workspace-root"),
                                       std::pair(&GivenOptions::save, "--workspace-save")}) {
      if (is_said(option))
        throw Error(ErrorKind::kUsage, std::string(name) + " needs --workspace=NAME");
    }
    return std::nullopt;
  }
  if (*image == kNoWorkspace) return std::nullopt;
  const auto root = choose(&GivenOptions::root, "WORKSPACE_ROOT", check_root_option);
  return WorkspaceChoice{
      *image,
      choose(&GivenOptions::disk, "WORKSPACE_DISK", check_disk_option).value_or(""),
      choose(&GivenOptions::mounts, "WORKSPACE_MOUNT", check_mounts_option).value_or(""),
      choose(&GivenOptions::env, "WORKSPACE_ENV", check_env_option).value_or(""),
      choose(&GivenOptions::workdir, "WORKSPACE_WORKDIR", check_workdir_option).value_or(""),
      root == kTrue,
      choose(&GivenOptions::save, "WORKSPACE_SAVE", check_save_option).value_or("")};
}

bool is_on_command_line(const std::vector<std::string>& words, std::string_view name) {
  return std::any_of(words.begin(), words.end(), [name](std::string_view word) {
    if (!word.starts_with("--") || word.size() <= 2) return false;
    const std::string_view given = word.substr(2, word.find('=') - 2);
    // `--workspace` is an option of its own, and so no short form of a longer one.
    return given == name || (name.starts_with(given) && given.starts_with(kFirstOption) &&
                             given.size() > kFirstOption.size());
  });
}

bool asks_for_the_node(const SaidOptions& said, Submitter submitter,
                       const Environment& environment) {
  return said.command_line.workspace == kNoWorkspace || said.script.workspace == kNoWorkspace ||
         environment(variable_name(submitter, "WORKSPACE")) == kNoWorkspace;
}

bool is_step_of_a_job(Submitter submitter, const Environment& environment) {
  return submitter == Submitter::kSrun &&
         (environment("SLURM_JOB_ID").has_value() || environment("SLURM_JOBID").has_value());
}

}  // namespace workspace
