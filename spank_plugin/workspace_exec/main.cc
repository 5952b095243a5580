/// workspace-exec: what a task's process on the node becomes. It describes the task to the agent in
/// the job's VM and passes its streams and signals on; the design's "one connection per task".

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/guest/ending.h"
#include "libworkspace/guest/standard_descriptors.h"
#include "libworkspace/guest/upload.h"
#include "spank_plugin/workspace_exec/command_line.h"
#include "spank_plugin/workspace_exec/held_allocation.h"
#include "spank_plugin/workspace_exec/out_of_memory.h"
#include "spank_plugin/workspace_exec/task_description.h"
#include "spank_plugin/workspace_exec/task_prolog.h"
#include "spank_plugin/workspace_exec/task_relay.h"

namespace {

using namespace workspace;
using namespace workspace::exec;

/// 125 as env(1), timeout(1) and the container programs use it: the fault is not the command's.
constexpr int kExitWorkspace = 125;

/// Ends a task whose TaskProlog failed as slurmstepd does.
void prepare_environment(const std::string& task_prolog, std::vector<std::string>& environment) {
  const int status = run_task_prolog(task_prolog, environment);
  if (status == 0) return;
  const std::string text =
      "workspace: TaskProlog " + task_prolog + " failed status=" + std::to_string(status) + "\n";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(status);
}

TaskExit run_task(const CommandLine& line) {
  UniqueFd socket = take_connection(line.connection_fd);
  UniqueFd watch = line.watch_fd < 0 ? UniqueFd() : take_connection(line.watch_fd);
  TaskSpec spec = describe_task(line.task_argv, line.script_path);
  spec.vcpus = line.vcpus;
  if (!line.task_prolog.empty()) prepare_environment(line.task_prolog, spec.environment);
  fill_closed_stdio();
  const Signals signals;
  upload_task(socket.get(), spec);
  return TaskRelay(std::move(socket), spec, signals, line.host_commands, std::move(watch)).run();
}

/// `--console PATH` shows the boot log that the prolog has laid there; without a path this is a job
/// whose task did not come by the plugin.
int show_console(const std::vector<std::string>& arguments) {
  if (arguments.size() != 2)
    throw Error(ErrorKind::kNotFound, "this job has no workspace on this node");
  constexpr std::size_t kMaxConsoleBytes = std::size_t{1} << 20;
  write_all(STDOUT_FILENO, read_file(arguments[1], kMaxConsoleBytes), "writing the boot log");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // The relay closes the task's stderr when the task does.
  const UniqueFd own_stderr(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments == std::vector<std::string>{"--hold-allocation"}) return hold_allocation();
    if (!arguments.empty() && arguments[0] == "--console") return show_console(arguments);
    const CommandLine line = CommandLine::parse(arguments);
    const TaskExit end = run_task(line);
    if (end.out_of_memory) tell_out_of_memory(line, own_stderr.get());
    end_like(end);
  } catch (const Error& e) {
    const std::string text = "workspace: " + e.text() + "\n";
    (void)!::write(own_stderr.get(), text.data(), text.size());
  }
  return kExitWorkspace;
}
