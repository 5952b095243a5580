#include "libworkspace/image/tree_command.h"

#include <fcntl.h>

#include "libworkspace/base/text.h"

namespace workspace {

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

UniqueFd open_tree_program(const std::string& path) {
  UniqueFd program(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!program.valid()) throw_errno("opening " + path);
  return program;
}

Command tree_command(const UniqueFd& program, const TreeTask& task, const SandboxLimits& limits) {
  Command command = sandboxed({path_of(program), task.to_line()}, limits);
  command.kept_fds = {program.get()};
  return command;
}

Error error_of_tree(const CommandResult& result) {
  static constexpr std::string_view kPrefix = "workspace-tree: error: ";
  std::string text = last_line(result.error_output);
  if (text.starts_with(kPrefix)) text.erase(0, kPrefix.size());
  for (const ErrorKind kind : {ErrorKind::kInvalid, ErrorKind::kNotFound, ErrorKind::kExceeded}) {
    if (exit_status(kind) == result.exit_status) return {kind, printable(text, 1024)};
  }
  if (text.empty()) text = "it ended with status " + std::to_string(result.exit_status);
  return {ErrorKind::kHost, "reading the files: " + printable(text, 512)};
}

}  // namespace workspace
