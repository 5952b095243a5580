#include "spank_plugin/options.h"

#include <array>
#include <exception>
#include <string>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "spank_plugin/submission.h"

namespace workspace {
namespace {

/// More than the kernel takes for the arguments of a program (execve(2)).
constexpr std::size_t kMaxCommandLineBytes = std::size_t{16} << 20;

SaidOptions said;

/// What the script says of the component that is being read, and what it said of the one before.
GivenOptions script_of_component;
GivenOptions script_before;

/// One option: its name, where its value goes, and what its value must look like. One without an
/// argument has the value `true`.
struct Option {
  const char* name;
  const char* argument;
  const char* usage;
  std::optional<std::string> GivenOptions::*value;
  void (*check)(std::string_view value);
};

constexpr std::array<Option, 7> kOptions = {{
    {"workspace", "NAME[:VERSION]|none",
     "run the job in virtual machines booted from this workspace image (none: on the node itself)",
     &GivenOptions::workspace, check_workspace_option},
    {"workspace-disk", "SIZE", "size of the workspace's scratch disk on each node, such as 20G",
     &GivenOptions::disk, check_disk_option},
    {"workspace-mount", "SRC[:DST[:ro]][,...]",
     "folders of the node to be seen in the workspace, with your own rights", &GivenOptions::mounts,
     check_mounts_option},
    {"workspace-env", "VAR[,VAR...]",
     "variables that are inside as they are outside, whatever the image sets", &GivenOptions::env,
     check_env_option},
    {"workspace-workdir", "DIR", "the folder inside that the tasks start in",
     &GivenOptions::workdir, check_workdir_option},
    {"workspace-root", nullptr, "be root inside, where the image permits it", &GivenOptions::root,
     check_root_option},
    {"workspace-save", "NAME", "keep what the job changes inside as an image of this name",
     &GivenOptions::save, check_save_option},
}};

/// Slurm calls this for the option with this index. On a node nothing is checked: the value has no
/// effect there, and the user must hear why a step is refused rather than that an option is bad.
int take_option(int index, const char* argument, int remote) noexcept {
  const Option& option = kOptions[static_cast<std::size_t>(index)];
  try {
    const std::string value = option.argument == nullptr ? "true"
                              : argument == nullptr      ? ""
                                                         : argument;
    if (remote == 0) option.check(value);
    const bool in_script = remote == 0 && !is_on_command_line(own_command_line(), option.name);
    if (in_script) {
      auto& value_here = script_of_component.*option.value;
      // After a component's own value Slurm repeats that of the component before, which it keeps in
      // sbatch's environment.
      if (value_here && script_before.*option.value == value) return 0;
      value_here = value;
    }
    // sbatch tells the script's value first; one from the command line follows it.
    (in_script ? said.script : said.command_line).*option.value = value;
    return 0;
  } catch (const std::exception& e) {
    refuse_submission("--" + std::string(option.name) + ": " + e.what());
  }
}

}  // namespace

bool register_options(spank_t spank) noexcept {
  for (std::size_t i = 0; i < kOptions.size(); ++i) {
    const Option& option = kOptions[i];
    // Slurm copies the texts; its struct only fails to say so.
    struct spank_option slurm_option {
      const_cast<char*>(option.name), const_cast<char*>(option.argument),
          const_cast<char*>(option.usage), option.argument == nullptr ? 0 : 1,
          static_cast<int>(i), take_option
    };
    const spank_err_t error = spank_option_register(spank, &slurm_option);
    if (error != ESPANK_SUCCESS) {
      slurm_error("workspace: registering the option --%s: %s", option.name, spank_strerror(error));
      return false;
    }
  }
  return true;
}

const std::vector<std::string>& own_command_line() {
  static const std::vector<std::string> words =
      split(read_file("/proc/self/cmdline", kMaxCommandLineBytes), '\0');
  return words;
}

const SaidOptions& said_options() { return said; }

void begin_next_component() {
  script_before = said.script;
  script_of_component = {};
}

}  // namespace workspace
