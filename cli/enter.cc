#include "cli/enter.h"

#include <unistd.h>

#include <chrono>

#include "build_paths.h"
#include "cli/job_step.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::seconds kAskTimeout(20);

/// Becomes the srun. Returns only by an error.
[[noreturn]] void run_step(const Arguments& arguments, bool terminal,
                           const std::vector<std::string>& command) {
  const JobId job = JobId::parse(*arguments.word(0));
  const std::string node = choose_node(job, find_job(job, Deadline::in(kAskTimeout)), ::getuid(),
                                       arguments.value("--node"));
  become_step(job, step_command(job, node, terminal, command));
}

}  // namespace

std::string choose_node(JobId job, const std::optional<JobPlace>& place, std::uint32_t uid,
                        const std::optional<std::string>& wanted_node) {
  const std::string name = "job " + job.to_string();
  if (!place) throw Error(ErrorKind::kNotFound, name + " does not exist, or ended some time ago");
  if (place->uid != uid)
    throw Error(ErrorKind::kDenied, name + " is not yours; only its owner may enter it");
  if (!place->runs) {
    throw Error(ErrorKind::kNotFound,
                name + " is " + place->state + "; only a running job can be entered");
  }
  if (!wanted_node) return place->first_node;
  if (!place->is_on(*wanted_node)) {
    throw Error(ErrorKind::kNotFound, name + " is not on node '" + printable(*wanted_node, 64) +
                                          "'; it is on " + place->nodes);
  }
  return *wanted_node;
}

std::vector<std::string> step_command(JobId job, const std::string& node, bool terminal,
                                      const std::vector<std::string>& command) {
  // A step that asks for a workspace is refused where the job has none; which one is the job's.
  std::vector<std::string> words = {
      "srun",      "--quiet",    "--jobid=" + job.to_string(), "--overlap",
      "--nodes=1", "--ntasks=1", "--nodelist=" + node,         "--workspace=any"};
  if (terminal) words.emplace_back("--pty");
  words.emplace_back("--");
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

int run_enter(const Arguments& arguments) {
  auto command = arguments.words_from(1);
  if (command.empty()) {
    // The image may lack the user's shell.
    command = {"/bin/sh", "-c",
               "if [ -x \"$SHELL\" ]; then exec \"$SHELL\" -l; else exec /bin/sh -l; fi"};
  }
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  run_step(arguments, terminal, command);
}

int run_console(const Arguments& arguments) {
  run_step(arguments, false,
           {std::string(build_paths::kLibexecDir) + "/workspace-exec", "--console"});
}

}  // namespace workspace::cli
