#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// The command that submits a job; each has its own variables for defaults, as Slurm has them.
enum class Submitter { kSbatch, kSalloc, kSrun };

/// What was said in words in one place. Of an option given twice the last counts, as everywhere in
/// Slurm.
struct GivenOptions {
  std::optional<std::string> workspace;
  std::optional<std::string> disk;
  std::optional<std::string> mounts;
  std::optional<std::string> env = {};
  std::optional<std::string> workdir = {};
  std::optional<std::string> root = {};  ///< `true` or `false`
  std::optional<std::string> save = {};
};

/// The two places that words stand in: the command line and, for sbatch, the script's #SBATCH
/// lines.
struct SaidOptions {
  GivenOptions command_line;
  GivenOptions script;
};

/// What the submission asks for, its syntax checked; a text is empty where nothing was said.
struct WorkspaceChoice {
  std::string image;
  std::string disk;
  std::string mounts;
  std::string env = {};
  std::string workdir = {};
  bool root = false;
  std::string save = {};

  bool operator==(const WorkspaceChoice&) const = default;
};

/// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The syntax of each option's value; `none` is an image here. Errors: kInvalid, with the reason.
void check_workspace_option(std::string_view value);
void check_disk_option(std::string_view value);
void check_mounts_option(std::string_view value);
void check_env_option(std::string_view value);
void check_workdir_option(std::string_view value);
void check_root_option(std::string_view value);
void check_save_option(std::string_view value);

/// Chooses between words and defaults in Slurm's order (sbatch(1), INPUT ENVIRONMENT VARIABLES):
/// the command line wins over the variable, the variable over the script's #SBATCH lines. `none` is
/// a choice like any other. Nothing means a job without a workspace. The variables are
/// SBATCH_WORKSPACE, SALLOC_WORKSPACE and SLURM_WORKSPACE (srun), and the same with _DISK, _MOUNT,
/// _ENV, _WORKDIR, _ROOT and _SAVE behind; an empty one counts as unset. Errors: kUsage for one of
/// the other options without a workspace; kInvalid for a malformed default, naming the variable.
std::optional<WorkspaceChoice> choose_workspace(const SaidOptions& said, Submitter submitter,
                                                const Environment& environment);

/// True if one of a command's words gives the long option `name`, in full or shortened as
/// getopt_long(3) lets it be. SPANK tells a plugin an option's value but not where it stood.
bool is_on_command_line(const std::vector<std::string>& words, std::string_view name);

/// True if `none` stands in any place where a workspace may be named: what a command that was
/// called from inside a workspace may not ask for.
bool asks_for_the_node(const SaidOptions& said, Submitter submitter,
                       const Environment& environment);

/// True for an srun that starts a step of a job that is there already: the job has its workspace,
/// or has none, and no step can change that.
bool is_step_of_a_job(Submitter submitter, const Environment& environment);

}  // namespace workspace
