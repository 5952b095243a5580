#include "spank_plugin/workspace_choice.h"

#include "libworkspace/base/error.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/mount_spec.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

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

/// The option as it was given (its callback has checked it), or else its variable.
std::optional<std::string> given_or_default(const std::optional<std::string>& given,
                                            const std::string& variable, Check check,
                                            const Environment& environment) {
  if (given) return given;
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
  for (const auto& mount : parse_mounts(value)) check_mount_destination(mount.destination);
}

std::optional<WorkspaceChoice> choose_workspace(const GivenOptions& given, Submitter submitter,
                                                const Environment& environment) {
  const auto choose = [&](const std::optional<std::string>& option, std::string_view suffix,
                          Check check) {
    return given_or_default(option, variable_name(submitter, suffix), check, environment);
  };
  const auto image = choose(given.workspace, "WORKSPACE", check_workspace_option);
  if (!image) {
    if (given.disk) throw Error(ErrorKind::kUsage, "--workspace-disk needs --workspace=NAME");
    if (given.mounts) throw Error(ErrorKind::kUsage, "--workspace-mount needs --workspace=NAME");
    return std::nullopt;
  }
  if (*image == kNoWorkspace) return std::nullopt;
  return WorkspaceChoice{*image,
                         choose(given.disk, "WORKSPACE_DISK", check_disk_option).value_or(""),
                         choose(given.mounts, "WORKSPACE_MOUNT", check_mounts_option).value_or("")};
}

bool is_step_of_a_job(Submitter submitter, const Environment& environment) {
  return submitter == Submitter::kSrun &&
         (environment("SLURM_JOB_ID").has_value() || environment("SLURM_JOBID").has_value());
}

}  // namespace workspace
