#include "libworkspace/network/ip_command.h"

#include <sys/mman.h>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/process.h"
#include "libworkspace/base/text.h"

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

}  // namespace

void run_ip(const std::string& namespace_name, const std::vector<std::string>& lines,
            Deadline deadline) {
  const UniqueFd batch(::memfd_create("ip-batch", MFD_CLOEXEC));
  if (!batch.valid()) throw_errno("making a batch for ip");
  write_all(batch.get(), join(lines, "\n") + "\n", "writing a batch for ip");

  Command command;
  command.argv = {"ip"};
  if (!namespace_name.empty()) command.argv.insert(command.argv.end(), {"-n", namespace_name});
  command.argv.insert(command.argv.end(),
                      {"-batch", "/proc/self/fd/" + std::to_string(batch.get())});
  command.kept_fds = {batch.get()};
  const CommandResult result = run_command(command, deadline);
  if (result.exit_status == 0) return;
  const std::string reason = result.error_output.substr(0, result.error_output.find('\n'));
  throw Error(ErrorKind::kHost,
              "ip " + failed_line(result.error_output, lines) + ": " + printable(reason, 256));
}

}  // namespace workspace
