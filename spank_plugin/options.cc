#include "spank_plugin/options.h"

#include <array>
#include <exception>
#include <string>

#include "spank_plugin/submission.h"

namespace workspace {
namespace {

GivenOptions given;

/// One option: its name, where its value goes, and what its value must look like.
struct Option {
  const char* name;
  const char* argument;
  const char* usage;
  std::optional<std::string> GivenOptions::*value;
  void (*check)(std::string_view value);
};

constexpr std::array<Option, 3> kOptions = {{
    {"workspace", "NAME[:VERSION]|none",
     "run the job in virtual machines booted from this workspace image (none: on the node itself)",
     &GivenOptions::workspace, check_workspace_option},
    {"workspace-disk", "SIZE", "size of the workspace's scratch disk on each node, such as 20G",
     &GivenOptions::disk, check_disk_option},
    {"workspace-mount", "SRC[:DST[:ro]][,...]",
     "folders of the node to be seen in the workspace, with your own rights", &GivenOptions::mounts,
     check_mounts_option},
}};

/// Slurm calls this for the option with this index. On a node nothing is checked: the value has no
/// effect there, and the user must hear why a step is refused rather than that an option is bad.
int take_option(int index, const char* argument, int remote) noexcept {
  const Option& option = kOptions[static_cast<std::size_t>(index)];
  try {
    const std::string value = argument == nullptr ? "" : argument;
    if (remote == 0) option.check(value);
    given.*option.value = value;
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
          const_cast<char*>(option.usage), 1, static_cast<int>(i), take_option
    };
    const spank_err_t error = spank_option_register(spank, &slurm_option);
    if (error != ESPANK_SUCCESS) {
      slurm_error("workspace: registering the option --%s: %s", option.name, spank_strerror(error));
      return false;
    }
  }
  return true;
}

const GivenOptions& given_options() { return given; }

}  // namespace workspace
