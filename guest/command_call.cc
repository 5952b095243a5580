#include "guest/command_call.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "guest/command_door.h"
#include "guest/files.h"
#include "guest/task_cgroup.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/standard_descriptors.h"
#include "libworkspace/guest/upload.h"

namespace workspace::agent {
namespace {

std::string find_door() {
  if (const auto server = TaskCgroup::server_of_caller()) return CommandDoor::path_for(*server);
  if (const char* const named = std::getenv(CommandDoor::kVariable)) return named;
  throw Error(ErrorKind::kGuest,
              "Slurm's commands work in the tasks of the job only, and this is none of them");
}

/// A socket that blocks: the request is as large as it is.
UniqueFd connect_to_door() {
  const std::string path = find_door();
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() ||
      ::connect(socket.get(), reinterpret_cast<struct sockaddr*>(&address), sizeof address) != 0)
    throw_guest_errno("asking the node for a command of Slurm's");
  return socket;
}

/// A door that has no channel free says so and closes, however much of the request it has read.
[[noreturn]] void refuse_for(int socket, const Error& fault) {
  std::optional<Frame> answer;
  try {
    answer = receive_frame(socket, Deadline::in(std::chrono::seconds(1)));
  } catch (const Error&) {
    throw fault;
  }
  if (!answer || answer->type != FrameType::kError) throw fault;
  throw Error(ErrorKind::kDenied, printable(answer->payload, 1024));
}

UniqueFd ask(const TaskSpec& spec) {
  UniqueFd socket = connect_to_door();
  try {
    upload_task(socket.get(), spec);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kInvalid) throw;  // it is too large
    refuse_for(socket.get(), e);
  }
  return socket;
}

}  // namespace

TaskSpec describe_call(const std::vector<std::string>& argv) {
  TaskSpec spec;
  spec.argv = argv;
  for (char** variable = environ; *variable != nullptr; ++variable)
    spec.environment.emplace_back(*variable);
  char* const folder = ::get_current_dir_name();
  if (folder == nullptr) throw_guest_errno("finding the working directory");
  spec.working_directory = folder;
  std::free(folder);
  spec.umask = ::umask(0);
  ::umask(static_cast<mode_t>(spec.umask));
  spec.stdio = stdio_kinds();
  spec.terminal = RawTerminal::size();
  return spec;
}

void leave_stdin(TaskSpec& spec) {
  spec.stdio[kStdin] = StdioKind::kNull;
  for (auto& kind : spec.stdio) {
    if (kind == StdioKind::kTerminal) kind = StdioKind::kRelayed;
  }
}

CallStreams CallStreams::of_this_process(const TaskSpec& spec) {
  CallStreams streams;
  streams.terminal = spec.wants_terminal();
  UniqueFd* const fds[] = {&streams.input, &streams.output, &streams.error_output};
  for (std::uint8_t stream = 0; stream < kStreamCount; ++stream) {
    const StdioKind kind = spec.stdio[stream];
    if (kind == StdioKind::kRelayed || (kind == StdioKind::kTerminal && stream != kStderr))
      fds[stream]->reset(stream);
  }
  return streams;
}

CommandCall::CommandCall(const TaskSpec& spec, CallStreams streams) : socket_(ask(spec)) {
  if (streams.terminal) terminal_.emplace();
  if (streams.input.valid()) streams_.add_source(kStdin, std::move(streams.input));
  if (streams.output.valid()) streams_.add_sink(kStdout, std::move(streams.output));
  if (streams.error_output.valid()) streams_.add_sink(kStderr, std::move(streams.error_output));
}

TaskExit CommandCall::run() {
  while (!end_) serve_once(-1, true);
  write_rest();
  return *end_;
}

bool CommandCall::serve_once(int own_fd, bool pass_signals_on) {
  std::vector<struct pollfd> entries = {
      {socket_.fd(), static_cast<short>(POLLIN | (socket_.has_output() ? POLLOUT : 0)), 0},
      {signals_.fd(), POLLIN, 0},
      {own_fd, POLLIN, 0}};
  streams_.add_poll_entries(entries, socket_);
  if (::poll(entries.data(), entries.size(), -1) < 0) {
    if (errno == EINTR) return false;
    throw_guest_errno("waiting for the node");
  }
  if (entries[1].revents != 0) pass_on_signals(pass_signals_on);
  streams_.serve(entries, 3, socket_);
  if (entries[0].revents != 0) socket_.receive();
  while (!end_) {
    const auto frame = socket_.next();
    if (!frame) break;
    handle(*frame);
  }
  socket_.flush();
  if (!end_ && socket_.broken())
    throw Error(ErrorKind::kGuest, "the connection to the node ended before the command did");
  return entries[2].revents != 0;
}

void CommandCall::handle(const Frame& frame) {
  switch (frame.type) {
    case FrameType::kData:
    case FrameType::kClose:
    case FrameType::kCredit:
      streams_.handle(frame);
      return;
    case FrameType::kExit:
      end_ = TaskExit::parse(frame.payload);
      return;
    case FrameType::kError:
      throw Error(ErrorKind::kDenied, printable(frame.payload, 1024));
    default:
      throw Error(ErrorKind::kInvalid,
                  "protocol error: " + std::string(*name_of(frame.type)) + " from the node");
  }
}

void CommandCall::pass_on_signals(bool pass_on) {
  while (const auto number = signals_.next()) {
    if (*number == SIGTSTP) {
      ::kill(::getpid(), SIGSTOP);
    } else if (*number == SIGWINCH) {
      if (terminal_) socket_.send(FrameType::kResize, 0, RawTerminal::size().encode());
    } else if (pass_on && *number != SIGCONT) {
      const char payload = static_cast<char>(*number);
      socket_.send(FrameType::kSignal, 0, {&payload, 1});
    }
  }
}

void CommandCall::write_rest() {
  Signals::restore();
  ::signal(SIGPIPE, SIG_IGN);
  streams_.close_source(kStdin);
  while (!streams_.sinks_are_written()) {
    std::vector<struct pollfd> entries;
    streams_.add_poll_entries(entries, socket_);
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) return;
    streams_.serve(entries, 0, socket_);
  }
}

}  // namespace workspace::agent
