#include "spank_plugin/workspace_exec/command_broker.h"

#include <signal.h>

#include <algorithm>
#include <chrono>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::exec {
namespace {

/// srun and salloc end their step or job when they are asked to; SIGKILL would leave it behind.
constexpr std::chrono::seconds kEndTime(5);
/// The same when the task has ended, whose own end waits for it.
constexpr std::chrono::seconds kLastEndTime(2);

/// More than execve(2) takes, and more than Slurm takes for a batch script.
constexpr TaskIntake::Bounds kBounds = {std::size_t{4} << 20, std::size_t{4} << 20};

constexpr std::size_t kEntriesOfProcess = 1 + 2 * kStreamCount;

int signal_number(const Frame& frame) {
  const int number = frame.payload.size() == 1 ? static_cast<unsigned char>(frame.payload[0]) : 0;
  if (number < 1 || number >= NSIG)
    throw Error(ErrorKind::kInvalid, "protocol error: SIGNAL " + std::to_string(number));
  return number;
}

}  // namespace

void CommandBroker::handle(const Frame& frame, FrameSocket& socket) {
  const std::uint8_t number = channel_of(frame.stream);
  const auto at = channels_.find(number);
  try {
    if (at == channels_.end() || at->second.intake) {
      // What was under way when a channel ended is for nobody; only a request begins a new one.
      if (at != channels_.end() || frame.type == FrameType::kSpec)
        take_request(number, frame, socket);
    } else {
      control(at->second, frame);
    }
  } catch (const Error& e) {
    refuse(number, e.text(), socket);
  }
}

void CommandBroker::take_request(std::uint8_t number, const Frame& frame, FrameSocket& socket) {
  Channel& channel = channels_[number];
  if (!channel.intake) channel.intake.emplace(kBounds);
  if (frame.type == FrameType::kSignal) {
    // The caller was ended before it had asked.
    refuse(number, "the request was given up", socket);
    return;
  }
  const bool complete = channel.intake->take(frame);
  if (intake_bytes() > kMaxIntakeBytes)
    throw Error(ErrorKind::kExceeded, "too many large requests at once");
  if (!complete) return;
  const HostCommand command = plan_host_command(channel.intake->finish(), rules_);
  channel.intake.reset();
  channel.process = std::make_unique<HostProcess>(command, number);
}

void CommandBroker::control(Channel& channel, const Frame& frame) const {
  switch (frame.type) {
    case FrameType::kSignal: {
      // No program can pass SIGKILL on: it tells that the caller was killed.
      const int number = signal_number(frame);
      if (number == SIGKILL && !channel.killed_at) {
        channel.killed_at = Deadline::in(kEndTime);
        for (const std::uint8_t stream : {kStdout, kStderr})
          channel.process->streams().close_source(stream);
      }
      channel.process->signal(number == SIGKILL ? SIGTERM : number);
      return;
    }
    case FrameType::kResize:
      channel.process->resize(TerminalSize::parse(frame.payload));
      return;
    case FrameType::kData:
    case FrameType::kClose:
    case FrameType::kCredit:
      channel.process->streams().handle(frame);
      return;
    default:
      throw Error(ErrorKind::kInvalid, "protocol error: " + std::string(*name_of(frame.type)) +
                                           " while the command runs");
  }
}

void CommandBroker::refuse(std::uint8_t number, const std::string& why, FrameSocket& socket) {
  channels_.erase(number);
  socket.send(FrameType::kError, stream_of(number), printable(why, 1024));
}

std::size_t CommandBroker::intake_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [number, channel] : channels_) {
    if (channel.intake) bytes += channel.intake->size_bytes();
  }
  return bytes;
}

void CommandBroker::add_poll_entries(std::vector<struct pollfd>& entries,
                                     const FrameSocket& socket) const {
  for (const auto& [number, channel] : channels_) {
    if (!channel.process) continue;
    entries.push_back({channel.process->ended_fd(), POLLIN, 0});
    channel.process->streams().add_poll_entries(entries, socket);
  }
}

void CommandBroker::serve(const std::vector<struct pollfd>& entries, std::size_t first,
                          FrameSocket& socket) {
  for (auto at = channels_.begin(); at != channels_.end();) {
    Channel& channel = at->second;
    if (!channel.process) {
      ++at;
      continue;
    }
    HostProcess& process = *channel.process;
    if (entries[first].revents != 0) process.reap();
    process.streams().serve(entries, first + 1, socket);
    first += kEntriesOfProcess;
    if (channel.killed_at && channel.killed_at->passed()) {
      process.signal(SIGKILL);
      channel.killed_at = Deadline::in(kEndTime);
    }
    // What is in its pipes belongs to its output.
    if (process.end() && process.streams().sources_are_drained()) {
      socket.send(FrameType::kExit, stream_of(at->first), process.end()->encode());
      at = channels_.erase(at);
    } else {
      ++at;
    }
  }
}

int CommandBroker::poll_ms() const {
  int least = -1;
  for (const auto& [number, channel] : channels_) {
    if (!channel.killed_at || !channel.process || channel.process->end()) continue;
    const int left = channel.killed_at->poll_ms();
    least = least < 0 ? left : std::min(least, left);
  }
  return least;
}

void CommandBroker::end() {
  const Deadline deadline = Deadline::in(kLastEndTime);
  for (const auto& [number, channel] : channels_) {
    if (channel.process) channel.process->signal(SIGTERM);
  }
  for (auto& [number, channel] : channels_) {
    while (channel.process && !channel.process->end() && !deadline.passed()) {
      struct pollfd entry {
        channel.process->ended_fd(), POLLIN, 0
      };
      ::poll(&entry, 1, deadline.poll_ms());
      channel.process->reap();
    }
  }
  channels_.clear();
}

}  // namespace workspace::exec
