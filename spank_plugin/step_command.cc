#include "spank_plugin/step_command.h"

#include <algorithm>
#include <array>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "spank_plugin/multi_prog.h"

namespace workspace {
namespace {

constexpr char kConsoleOption[] = "--console";
constexpr char kVmOption[] = "--vm";

/// A request's verb, and how many numbers stand behind it.
constexpr std::array<std::pair<std::string_view, std::size_t>, 2> kVmVerbs = {
    {{"usage", 1}, {"resize", 2}}};

std::string exec_program() { return std::string(build_paths::kLibexecDir) + "/workspace-exec"; }

std::string number_list(const std::vector<std::uint32_t>& numbers) {
  std::vector<std::string> words;
  for (const auto number : numbers) words.push_back(std::to_string(number));
  return join(words, ",");
}

}  // namespace

void check_enterable(const JobRecord& record, JobId job, std::uint32_t uid) {
  if (record.job != job || record.uid != uid) {
    throw Error(ErrorKind::kDenied, "the workspace's record on this node belongs to job " +
                                        record.job.to_string() + " of uid " +
                                        std::to_string(record.uid));
  }
  if (record.state == WorkspaceState::kFailed) throw Error(ErrorKind::kGuest, record.reason);
  if (!has_vm(record.state)) {
    throw Error(ErrorKind::kHost, "the workspace of job " + job.to_string() +
                                      " is not running: " + std::string(name_of(record.state)));
  }
}

std::string no_workspace_text(JobId job) {
  return "job " + job.to_string() +
         " has no workspace on this node; give --workspace to sbatch, to salloc, or to an "
         "srun that starts a job of its own";
}

std::vector<std::string> task_argv(const SlurmTask& task) {
  const auto& argv = task.argv;
  // SPANK does not say whether --multi-prog was given. Text of its form alone would take `srun echo
  // '0 a'` for it; only the file that srun has read makes it sure.
  const bool multi_prog = !task.is_batch_script && argv.size() > 1 &&
                          looks_like_multi_prog(argv[1]) && is_multi_prog_file(argv[0], argv[1]);
  if (!multi_prog) return argv;
  return multi_prog_argv(argv[1], task.number, {argv.begin() + 2, argv.end()});
}

std::string broadcast_name(std::uint32_t job, std::uint32_t step, const std::string& node) {
  return "slurm_bcast_" + std::to_string(job) + "." + std::to_string(step) + "_" + node;
}

bool is_console_request(const SlurmTask& task) {
  return !task.is_batch_script &&
         task.argv == std::vector<std::string>{exec_program(), kConsoleOption};
}

std::vector<std::string> console_command(JobId job) {
  return {exec_program(), kConsoleOption, console_copy(build_paths::kRuntimeDir, job)};
}

std::optional<std::vector<std::string>> vm_request(const SlurmTask& task, JobId job) {
  const auto& argv = task.argv;
  if (task.is_batch_script || argv.size() < 3 || argv[0] != exec_program() || argv[1] != kVmOption)
    return std::nullopt;
  const std::string& verb = argv[2];
  const bool is_known = std::any_of(kVmVerbs.begin(), kVmVerbs.end(), [&](const auto& known) {
    return verb == known.first && argv.size() == 3 + known.second;
  });
  if (!is_known) return std::nullopt;
  std::vector<std::string> command = {std::string(build_paths::kLibexecDir) + "/vm-request", verb,
                                      job.to_string()};
  for (auto word = argv.begin() + 3; word != argv.end(); ++word) {
    const auto number = parse_decimal(*word);
    if (!number) return std::nullopt;
    command.push_back(std::to_string(*number));
  }
  return command;
}

std::vector<std::string> exec_command(const SlurmTask& task, int fd, const HostCommandGrant& grant,
                                      const TaskPreparation& preparation) {
  std::vector<std::string> command = {exec_program(),
                                      "--fd",
                                      std::to_string(fd),
                                      "--host-commands",
                                      grant.commands.to_string(),
                                      "--slurm-bin",
                                      grant.slurm_bin};
  if (!grant.slurm_conf.empty()) command.insert(command.end(), {"--slurm-conf", grant.slurm_conf});
  if (!preparation.task_prolog.empty())
    command.insert(command.end(), {"--task-prolog", preparation.task_prolog});
  if (!preparation.vcpus.empty())
    command.insert(command.end(), {"--vcpus", number_list(preparation.vcpus)});
  if (preparation.memory_mib != 0)
    command.insert(command.end(), {"--memory-mib", std::to_string(preparation.memory_mib)});
  if (preparation.watch_fd >= 0)
    command.insert(command.end(), {"--watch-fd", std::to_string(preparation.watch_fd)});
  const auto argv = task_argv(task);
  if (argv.empty()) throw Error(ErrorKind::kInvalid, "this task has no program to run");
  if (task.is_batch_script) command.insert(command.end(), {"--script", argv[0]});
  command.emplace_back("--");
  command.insert(command.end(), argv.begin(), argv.end());
  return command;
}

}  // namespace workspace
