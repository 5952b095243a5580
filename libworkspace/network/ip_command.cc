#include "libworkspace/network/ip_command.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/process.h"
#include "libworkspace/base/text.h"
#include "libworkspace/network/batch_file.h"

namespace workspace {
namespace {

/// The line that `ip` blames in `Command failed FILE:LINE`; the whole batch when it blames none.
std::string failed_line(const std::string& error_output, const std::vector<std::string>& lines) {
  const auto colon = error_output.rfind(':');
  if (error_output.find("Command failed") != std::string::npos) {
    const auto end = error_output.find('\n', colon);
    const auto number = parse_decimal(error_output.substr(colon + 1, end - colon - 1));
    if (number && *number >= 1 && *number <= lines.size()) return lines[*number - 1];
  }
  return join(lines, "; ");
}

void run_batch(const std::string& program, const std::string& namespace_name,
               const std::vector<std::string>& lines, Deadline deadline) {
  if (lines.empty()) return;
  const BatchFile batch(join(lines, "\n") + "\n");
  Command command;
  command.argv = {program};
  if (!namespace_name.empty()) command.argv.insert(command.argv.end(), {"-n", namespace_name});
  command.argv.insert(command.argv.end(), {"-batch", batch.path()});
  command.kept_fds = {batch.fd()};
  const CommandResult result = run_command(command, deadline);
  if (result.exit_status == 0) return;
  const std::string reason = result.error_output.substr(0, result.error_output.find('\n'));
  throw Error(ErrorKind::kHost, program + " " + failed_line(result.error_output, lines) + ": " +
                                    printable(reason, 256));
}

}  // namespace

void run_ip(const std::string& namespace_name, const std::vector<std::string>& lines,
            Deadline deadline) {
  run_batch("ip", namespace_name, lines, deadline);
}

void run_bridge(const std::string& namespace_name, const std::vector<std::string>& lines,
                Deadline deadline) {
  run_batch("bridge", namespace_name, lines, deadline);
}

void run_tc(const std::string& namespace_name, const std::vector<std::string>& lines,
            Deadline deadline) {
  run_batch("tc", namespace_name, lines, deadline);
}

}  // namespace workspace
