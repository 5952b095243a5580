#include "spank_plugin/workspace_exec/command_line.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::exec {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(
      ErrorKind::kUsage,
      why +
          "; usage: workspace-exec --fd N [--script PATH] [--host-commands LIST] "
          "[--slurm-bin FOLDER] [--slurm-conf FILE] [--task-prolog PROGRAM] [--vcpus N,...] "
          "[--memory-mib N] [--watch-fd N] -- PROGRAM [ARGUMENT...]");
}

int parse_fd(const std::string& option, const std::string& text) {
  const auto number = parse_decimal(text, INT32_MAX);
  if (!number) refuse(option + " needs the number of a descriptor");
  return static_cast<int>(*number);
}

std::vector<std::uint32_t> parse_vcpus(const std::string& list) {
  std::vector<std::uint32_t> vcpus;
  for (const auto& word : split(list, ',')) {
    const auto number = parse_decimal(word, UINT32_MAX);
    if (!number) refuse("--vcpus needs numbers, such as 0,2");
    vcpus.push_back(static_cast<std::uint32_t>(*number));
  }
  return vcpus;
}

std::uint64_t parse_memory(const std::string& text) {
  const auto mib = parse_decimal(text);
  if (!mib) refuse("--memory-mib needs a number");
  return *mib;
}

}  // namespace

CommandLine CommandLine::parse(const std::vector<std::string>& arguments) {
  CommandLine line;
  std::size_t at = 0;
  const auto value = [&](const std::string& option) -> const std::string& {
    if (++at >= arguments.size()) refuse(option + " needs a value");
    return arguments[at];
  };
  for (; at < arguments.size() && arguments[at] != "--"; ++at) {
    const std::string& option = arguments[at];
    if (option == "--fd") {
      line.connection_fd = parse_fd(option, value(option));
    } else if (option == "--watch-fd") {
      line.watch_fd = parse_fd(option, value(option));
    } else if (option == "--script") {
      line.script_path = value(option);
    } else if (option == "--host-commands") {
      line.host_commands.commands = HostCommands::parse(value(option));
    } else if (option == "--slurm-bin") {
      line.host_commands.slurm_bin = value(option);
    } else if (option == "--slurm-conf") {
      line.host_commands.slurm_conf = value(option);
    } else if (option == "--task-prolog") {
      line.task_prolog = value(option);
    } else if (option == "--vcpus") {
      line.vcpus = parse_vcpus(value(option));
    } else if (option == "--memory-mib") {
      line.memory_mib = parse_memory(value(option));
    } else {
      refuse("unknown option '" + printable(option, 64) + "'");
    }
  }
  if (line.connection_fd < 0) refuse("--fd is missing");
  if (at + 1 >= arguments.size()) refuse("the task's program is missing");
  line.task_argv.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1, arguments.end());
  return line;
}

}  // namespace workspace::exec
