/// workspace-exec: what a task's process on the node becomes. It describes the task to the agent in
/// the job's VM and passes its streams and signals on; the design's "one connection per task".

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "libworkspace/base/error.h"
#include "libworkspace/guest/ending.h"
#include "spank_plugin/workspace_exec/command_line.h"
#include "spank_plugin/workspace_exec/standard_descriptors.h"
#include "spank_plugin/workspace_exec/task_description.h"
#include "spank_plugin/workspace_exec/task_relay.h"
#include "spank_plugin/workspace_exec/upload.h"

namespace {

using namespace workspace;
using namespace workspace::exec;

/// 125 as env(1), timeout(1) and the container programs use it: the fault is not the command's.
constexpr int kExitWorkspace = 125;

TaskExit run_task(const CommandLine& line) {
  UniqueFd socket = take_connection(line.connection_fd);
  const TaskSpec spec = describe_task(line.task_argv, line.script_path);
  fill_closed_stdio();
  const Signals signals;
  upload_task(socket.get(), spec);
  return TaskRelay(std::move(socket), spec, signals).run();
}

}  // namespace

int main(int argc, char** argv) {
  // The relay closes the task's stderr when the task does.
  const UniqueFd own_stderr(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  try {
    end_like(run_task(CommandLine::parse({argv + 1, argv + argc})));
  } catch (const Error& e) {
    const std::string text = "workspace: " + e.text() + "\n";
    (void)!::write(own_stderr.get(), text.data(), text.size());
  }
  return kExitWorkspace;
}
