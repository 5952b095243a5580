#pragma once

#include <array>
#include <bitset>
#include <span>
#include <string>
#include <string_view>

namespace workspace {

/// The commands of Slurm that a program in a workspace can have run on its node, and no others.
inline constexpr std::array<std::string_view, 11> kHostCommandNames = {
    "srun",   "sbatch", "salloc",   "sattach", "sbcast", "scancel",
    "squeue", "sinfo",  "scontrol", "sstat",   "sacct"};

/// Tells a command that runs on the node for a program in a workspace so, in its environment: the
/// plugin then refuses what would leave the workspace.
inline constexpr char kInsideVariable[] = "WORKSPACE_INSIDE";

/// Which of them a job may use: the site's choice, which an image can only narrow.
class HostCommands {
 public:
  static HostCommands all();
  static HostCommands none() { return {}; }

  /// `all`, `none`, or names separated by commas or spaces. Errors: kInvalid, naming the nearest
  /// command.
  static HostCommands parse(std::string_view text);
  /// Those of the names that are such commands; an image may know more than this version does.
  static HostCommands of(std::span<const std::string> names);
  /// What parse() reads: `all`, `none`, or names separated by commas.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] bool allows(std::string_view name) const;
  [[nodiscard]] HostCommands narrowed_by(const HostCommands& other) const;

  bool operator==(const HostCommands&) const = default;

 private:
  std::bitset<kHostCommandNames.size()> allowed_;
};

}  // namespace workspace
