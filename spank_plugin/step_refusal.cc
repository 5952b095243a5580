#include "spank_plugin/step_refusal.h"

#include "libworkspace/model/slurm_command_line.h"

namespace workspace {
namespace {

constexpr std::string_view kTaskEpilog = "task-epilog";
constexpr std::string_view kPmix = "pmix";

/// As getopt_long(3), which takes an abbreviation; of several options the last counts.
bool asks_for_pmix(const SlurmCommandLine& line) {
  constexpr std::string_view kOption = "--mpi";
  bool asks = false;
  for (const auto& option : line.options) {
    if (option.name.size() > 2 && kOption.starts_with(option.name))
      asks = option.value && option.value->starts_with(kPmix);
  }
  return asks;
}

}  // namespace

std::string_view step_refusal(const std::vector<std::string>& argv, bool has_task_epilog_variable) {
  std::vector<std::string> words = argv;
  if (!words.empty()) words[0] = "srun";
  const auto line = SlurmCommandLine::parse(words);
  if (has_task_epilog_variable || line.may_have(kTaskEpilog, 0)) return kTaskEpilog;
  return asks_for_pmix(line) ? kPmix : std::string_view();
}

std::string_view text_of_step_refusal(std::string_view word) {
  if (word.empty()) return {};
  if (word == kTaskEpilog) {
    return "--task-epilog (SLURM_TASK_EPILOG) would run on the node; it may not be used with a "
           "workspace";
  }
  if (word == kPmix) {
    return "--mpi=pmix does not reach into the VM of a workspace; use --mpi=pmi2, or start the "
           "program by mpirun";
  }
  return "the step asks for something that may not be used with a workspace";
}

}  // namespace workspace
