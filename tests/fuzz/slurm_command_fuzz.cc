#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/task_spec.h"
#include "libworkspace/model/slurm_command_line.h"
#include "spank_plugin/workspace_exec/command_broker.h"
#include "spank_plugin/workspace_exec/host_command.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace workspace::exec {
namespace {

/// What a guest may say of a command: it is refused, or becomes a command of that name whose
/// environment moves nothing on the node.
void check_request(std::string_view bytes) {
  TaskRequest request;
  request.spec = TaskSpec::parse(bytes);
  const HostCommand command =
      plan_host_command(std::move(request), {HostCommands::all(), "/b", ""});
  if (command.path != "/b/" + command.argv[0]) std::abort();
  for (const auto& variable : command.environment) {
    for (const std::string_view moving : {"LD_", "GCONV_PATH=", "SLURM_CONF=", "SLURM_JWT=x"}) {
      if (variable.starts_with(moving)) std::abort();
    }
  }
}

/// A hostile guest's frames: every channel ends in a refusal, since nothing is allowed here.
void check_broker(std::string_view bytes) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  FrameSocket socket{UniqueFd(ends[0])};
  const UniqueFd other(ends[1]);
  CommandBroker broker({HostCommands::none(), "/b", ""});
  FrameReader reader;
  reader.feed(bytes);
  while (const auto frame = reader.next()) {
    if (channel_of(frame->stream) >= kFirstCommandChannel) broker.handle(*frame, socket);
  }
}

}  // namespace
}  // namespace workspace::exec

/// The first byte says as what the rest is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] % 2 == 0) {
      workspace::exec::check_request(bytes);
    } else {
      workspace::exec::check_broker(bytes);
    }
  } catch (const workspace::Error& e) {
    if (e.kind() != workspace::ErrorKind::kInvalid && e.kind() != workspace::ErrorKind::kDenied)
      std::abort();
  }
  return 0;
}
