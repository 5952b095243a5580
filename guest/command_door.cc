#include "guest/command_door.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "guest/files.h"
#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

/// What waits for a caller: both windows of its output, in the smallest frames that there are.
constexpr std::size_t kMaxQueuedBytes =
    2 * kStreamWindowBytes * (1 + kFrameHeaderBytes) + kMaxPayloadBytes;

UniqueFd listen_at(const std::string& path) {
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw Error(ErrorKind::kGuest, "the path " + path + " is too long for a socket");
  path.copy(address.sun_path, path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ::unlink(path.c_str());
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const struct sockaddr*>(&address), sizeof address) !=
          0 ||
      ::chmod(path.c_str(), 0666) != 0 || ::listen(socket.get(), kChannelCount) != 0)
    throw_guest_errno("listening at " + path);
  return socket;
}

bool is_of(int socket, const User& user) {
  struct ucred peer {};
  socklen_t length = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
         (peer.uid == user.uid || peer.uid == 0);
}

/// The frames of a caller are those of a task's channel as the node would send them.
void expect_of_caller(const Frame& frame) {
  expect_task_channel(frame);
  switch (frame.type) {
    case FrameType::kSpec:
    case FrameType::kSpecEnd:
    case FrameType::kScript:
    case FrameType::kStart:
    case FrameType::kSignal:
    case FrameType::kResize:
    case FrameType::kData:
    case FrameType::kClose:
    case FrameType::kCredit:
      return;
    default:
      throw Error(ErrorKind::kInvalid, "protocol error: " + std::string(*name_of(frame.type)) +
                                           " from a program of the task");
  }
}

}  // namespace

std::string CommandDoor::path_for(pid_t server) {
  return std::string(kFolder) + "/task-" + std::to_string(server);
}

CommandDoor::CommandDoor(const std::string& path, const User& user)
    : path_(path), user_(user), listener_(listen_at(path)) {}

CommandDoor::~CommandDoor() { ::unlink(path_.c_str()); }

std::optional<std::uint8_t> CommandDoor::free_channel() const {
  for (std::uint8_t channel = kFirstCommandChannel; channel < kChannelCount; ++channel) {
    if (!callers_.contains(channel)) return channel;
  }
  return std::nullopt;
}

void CommandDoor::accept_one() {
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.valid() || !is_of(socket.get(), user_)) return;
  const auto channel = free_channel();
  if (channel) {
    callers_.emplace(*channel, Caller(std::move(socket)));
    return;
  }
  FrameSocket refused(std::move(socket));
  refused.send(FrameType::kError, 0,
               std::to_string(kChannelCount - kFirstCommandChannel) +
                   " commands of Slurm's are at work for this task already; wait for one to end");
  refused.flush();
}

void CommandDoor::add_poll_entries(std::vector<struct pollfd>& entries,
                                   const FrameSocket& node) const {
  entries.push_back({listener_.get(), POLLIN, 0});
  for (const auto& [channel, caller] : callers_) {
    // What a caller sends goes to the node, so it waits while the node does not read.
    const short wanted = static_cast<short>((node.congested() ? 0 : POLLIN) |
                                            (caller.socket.has_output() ? POLLOUT : 0));
    entries.push_back({caller.gone ? -1 : caller.socket.fd(), wanted, 0});
  }
}

void CommandDoor::serve(const std::vector<struct pollfd>& entries, std::size_t first,
                        FrameSocket& node) {
  std::size_t entry = first + 1;
  for (auto at = callers_.begin(); at != callers_.end(); ++entry) {
    auto& [channel, caller] = *at;
    if (entries[entry].revents != 0) serve_caller(channel, caller, node);
    const bool done = caller.answered && (caller.gone || !caller.socket.has_output());
    const bool never_asked = caller.gone && !caller.has_asked;
    at = done || never_asked ? callers_.erase(at) : std::next(at);
  }
  if (entries[first].revents != 0) accept_one();
}

void CommandDoor::serve_caller(std::uint8_t channel, Caller& caller, FrameSocket& node) {
  try {
    caller.socket.flush();
    if (!node.congested()) caller.socket.receive();
    while (const auto frame = caller.socket.next()) {
      expect_of_caller(*frame);
      if (caller.answered) continue;
      // The node answers a request that was begun, and nothing else: a caller who never begins one
      // would keep its channel for ever.
      if (!caller.has_asked && frame->type != FrameType::kSpec)
        throw Error(ErrorKind::kInvalid, "protocol error: a program of the task begins with " +
                                             std::string(*name_of(frame->type)));
      caller.has_asked = true;
      node.send(frame->type, stream_of(channel, frame->stream), frame->payload);
    }
    if (caller.socket.broken()) let_go(channel, caller, node);
  } catch (const Error&) {
    let_go(channel, caller, node);
  }
}

/// The node hears of a program that was killed.
void CommandDoor::let_go(std::uint8_t channel, Caller& caller, FrameSocket& node) {
  caller.gone = true;
  if (caller.answered || !caller.has_asked) return;
  const char killed = SIGKILL;
  node.send(FrameType::kSignal, stream_of(channel), {&killed, 1});
}

void CommandDoor::handle(const Frame& frame) {
  const auto at = callers_.find(channel_of(frame.stream));
  if (at == callers_.end()) return;
  Caller& caller = at->second;
  if (frame.type == FrameType::kExit || frame.type == FrameType::kError) caller.answered = true;
  if (caller.gone) return;
  caller.socket.send(frame.type, static_cast<std::uint8_t>(frame.stream % kStreamCount),
                     frame.payload);
  caller.socket.flush();
  // Its credit is its own affair, so it can have asked for more than it reads.
  if (caller.socket.output_bytes() > kMaxQueuedBytes) caller.socket.shut();
}

}  // namespace workspace::agent
