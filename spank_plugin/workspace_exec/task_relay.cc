#include "spank_plugin/workspace_exec/task_relay.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::exec {
namespace {

constexpr std::size_t kMaxErrorTextBytes = 512;

/// The number is for the reader of a message alone, so the environment may tell it.
std::string vm_of_job() {
  const char* const job = std::getenv("SLURM_JOB_ID");
  return "the VM of job " + printable(job != nullptr ? job : "?", 16);
}

/// Of two times for poll(2), where -1 is for ever.
int sooner(int one_ms, int other_ms) {
  if (one_ms < 0 || other_ms < 0) return std::max(one_ms, other_ms);
  return std::min(one_ms, other_ms);
}

void wait_for(std::vector<struct pollfd>& entries, int timeout_ms) {
  if (::poll(entries.data(), entries.size(), timeout_ms) >= 0) return;
  if (errno != EINTR) throw_errno("waiting for the task");
  for (auto& entry : entries) entry.revents = 0;
}

}  // namespace

TaskRelay::TaskRelay(UniqueFd socket, const TaskSpec& spec, const Signals& signals,
                     HostCommandRules rules, UniqueFd watch)
    : socket_(std::move(socket)),
      signals_(signals),
      suspension_(std::move(watch)),
      broker_(std::move(rules)) {
  if (spec.wants_terminal()) terminal_.emplace();
  for (std::uint8_t stream = 0; stream < kStreamCount; ++stream) {
    const StdioKind kind = spec.stdio[stream];
    const bool relayed =
        kind == StdioKind::kRelayed || (kind == StdioKind::kTerminal && stream != kStderr);
    if (!relayed) continue;
    if (stream == kStdin) {
      streams_.add_source(stream, UniqueFd(stream));
    } else {
      streams_.add_sink(stream, UniqueFd(stream));
    }
  }
  if (spec.pmi_fd >= 0) pmi_.add_socket(kStdin, kStdout, UniqueFd(spec.pmi_fd));
}

TaskExit TaskRelay::run() {
  while (!end_ && !socket_.broken()) serve_once();
  broker_.end();
  write_rest();
  if (!end_) throw Error(ErrorKind::kGuest, vm_of_job() + " ended while the task ran");
  if (streams_.sink_failure() != 0)
    throw_errno("writing what the task said", streams_.sink_failure());
  return *end_;
}

void TaskRelay::serve_once() {
  outgoing_.send_to(socket_);
  suspension_.advance(socket_);
  // Every answer is queued: a guest that asks without end and reads nothing must wait.
  const short wanted = static_cast<short>((socket_.flooded() ? 0 : POLLIN) |
                                          (socket_.wants_to_send() ? POLLOUT : 0));
  std::vector<struct pollfd> entries = {{socket_.fd(), wanted, 0}, {signals_.fd(), POLLIN, 0}};
  streams_.add_poll_entries(entries, socket_);
  pmi_.add_poll_entries(entries, socket_);
  const std::size_t first_of_broker = entries.size();
  broker_.add_poll_entries(entries, socket_);
  wait_for(entries, sooner(broker_.poll_ms(), suspension_.poll_ms()));
  if (entries[1].revents != 0) take_signals();
  streams_.serve(entries, 2, socket_);
  pmi_.serve(entries, 2 + Streams::kPollEntries, socket_);
  broker_.serve(entries, first_of_broker, socket_);
  if (entries[0].revents != 0) streams_.receive(socket_);
  while (!end_) {
    const auto frame = socket_.next();
    if (!frame) break;
    handle(*frame);
  }
  streams_.write_ahead(socket_);
  pmi_.write_ahead(socket_);
  socket_.flush();
}

void TaskRelay::handle(const Frame& frame) {
  if (channel_of(frame.stream) == kPmiChannel) return pmi_.handle(frame);
  if (channel_of(frame.stream) >= kFirstCommandChannel) {
    broker_.handle(frame, socket_);
    return;
  }
  expect_task_channel(frame);
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
      throw Error(ErrorKind::kGuest, vm_of_job() + " refused the task: " +
                                         printable(frame.payload, kMaxErrorTextBytes));
    default:
      throw Error(ErrorKind::kInvalid,
                  "protocol error: " + std::string(*name_of(frame.type)) + " while the task runs");
  }
}

void TaskRelay::take_signals() {
  while (const auto number = signals_.next()) {
    if (*number == SIGWINCH && terminal_) {
      // The guest's terminal sends the signal itself.
      outgoing_.add_resize();
      continue;
    }
    outgoing_.add_signal(*number);
    suspension_.take_signal(*number, socket_);
  }
}

/// Writes what the task has said. A signal now ends this process, as it would the task.
void TaskRelay::write_rest() {
  Signals::restore();
  ::signal(SIGPIPE, SIG_IGN);
  streams_.close_source(kStdin);
  pmi_.close_source(kStdin);
  while (!streams_.sinks_are_written() || !pmi_.sinks_are_written()) {
    std::vector<struct pollfd> entries;
    streams_.add_poll_entries(entries, socket_);
    pmi_.add_poll_entries(entries, socket_);
    wait_for(entries, -1);
    streams_.serve(entries, 0, socket_);
    pmi_.serve(entries, Streams::kPollEntries, socket_);
  }
}

}  // namespace workspace::exec
