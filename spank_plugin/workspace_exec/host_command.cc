#include "spank_plugin/workspace_exec/host_command.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/slurm_command_line.h"
#include "spank_plugin/workspace_exec/carried_environment.h"

namespace workspace::exec {
namespace {

/// An option that acts for another user, speaks to another cluster, reads another configuration, or
/// runs a program on the node.
struct DeniedOption {
  std::string_view command;
  std::string_view name;
  char letter;
};

constexpr DeniedOption kDeniedOptions[] = {
    {"srun", "uid", 0},
    {"srun", "gid", 0},
    {"srun", "clusters", 'M'},
    {"srun", "prolog", 0},
    {"srun", "epilog", 0},
    {"srun", "task-prolog", 0},
    {"srun", "task-epilog", 0},
    {"sbatch", "uid", 0},
    {"sbatch", "gid", 0},
    {"sbatch", "clusters", 'M'},
    {"sbatch", "get-user-env", 0},
    {"salloc", "uid", 0},
    {"salloc", "gid", 0},
    {"salloc", "clusters", 'M'},
    {"salloc", "get-user-env", 0},
    {"scancel", "clusters", 'M'},
    {"squeue", "clusters", 'M'},
    {"sinfo", "clusters", 'M'},
    {"scontrol", "clusters", 'M'},
    {"scontrol", "uid", 'u'},
    {"sacct", "clusters", 'M'},
    {"sacct", "file", 'f'},
};

constexpr std::string_view kWorkspaceOption = "--workspace";

[[noreturn]] void deny(const std::string& why) { throw Error(ErrorKind::kDenied, why); }

void check_command(const std::string& name, const HostCommands& allowed) {
  if (allowed.allows(name)) return;
  if (allowed == HostCommands::none())
    deny(printable(name, 64) +
         " may not be used from inside this workspace, nor may any command of "
         "Slurm's");
  deny(printable(name, 64) + " may not be used from inside this workspace; these may: " +
       (allowed == HostCommands::all()
            ? join(std::vector<std::string>(kHostCommandNames.begin(), kHostCommandNames.end()),
                   ", ")
            : allowed.to_string()));
}

void check_options(const std::string& command, const SlurmCommandLine& line) {
  for (const auto& denied : kDeniedOptions) {
    if (denied.command == command && line.may_have(denied.name, denied.letter)) {
      deny(command + ": the option --" + std::string(denied.name) +
           " may not be used from inside a workspace");
    }
  }
  for (const auto& option : line.options) {
    if (kWorkspaceOption.starts_with(option.name) && option.value == kNoWorkspace)
      deny(command + ": --workspace=none may not be used from inside a workspace");
  }
}

/// salloc's own options, then the program of ours that holds the allocation. The guest's command
/// runs in the guest. Where salloc might see the end of its options elsewhere than we do, it could
/// take a word of the guest's for its command: so there an option must leave no doubt.
void hold_allocation(std::vector<std::string>& argv, const SlurmCommandLine& line) {
  const std::size_t end = line.words.empty() ? argv.size() : line.words.front();
  for (const auto& option : line.options) {
    if (!option.certain) {
      deny("salloc: write the option " + printable(option.name, 64) +
           " with its whole name, and its value behind '='");
    }
  }
  argv.resize(end);
  argv.push_back(std::string(build_paths::kLibexecDir) + "/workspace-exec");
  argv.emplace_back("--hold-allocation");
}

std::string in_folder(const std::string& folder, const std::string& path) {
  return path.starts_with('/') ? path : folder + "/" + path;
}

/// True if the node's file has this content. It may be anything, so nothing is waited for.
bool node_has(const std::string& path, const std::string& content) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::size_t>(status.st_size) != content.size())
    return false;
  try {
    return read_all(fd.get(), content.size(), "reading the batch script") == content;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

HostCommand plan_host_command(TaskRequest request, const HostCommandRules& rules) {
  TaskSpec& spec = request.spec;
  const std::string name = spec.argv[0];
  check_command(name, rules.commands);
  const auto line = SlurmCommandLine::parse(spec.argv);
  check_options(name, line);

  HostCommand command;
  command.path = rules.slurm_bin + "/" + name;
  command.environment = carried_environment(spec.environment, rules.slurm_conf);
  command.working_directory = spec.working_directory;
  command.umask = spec.umask;
  command.stdio = spec.stdio;
  command.terminal = spec.terminal;
  command.argv = std::move(spec.argv);
  if (name == "srun") command.environment.push_back(inside_mark());
  if (name == "srun" && !line.may_have("chdir", 'D'))
    command.environment.push_back(carried_folder(command.working_directory));
  if (name == "salloc" && !line.may_have("no-shell", 0)) hold_allocation(command.argv, line);
  if (name == "sbatch" && !line.words.empty() && !spec.script_path.empty()) {
    command.script_word = line.words.front();
    const auto& path = command.argv[command.script_word];
    if (!node_has(in_folder(command.working_directory, path), request.script))
      command.script = std::move(request.script);
  }
  return command;
}

}  // namespace workspace::exec
