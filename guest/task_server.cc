#include "guest/task_server.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <vector>

#include "guest/batch_script.h"
#include "guest/command_door.h"
#include "guest/files.h"
#include "guest/report.h"
#include "guest/task_process.h"
#include "guest/task_rules.h"
#include "guest/task_signal.h"
#include "guest/user.h"
#include "libworkspace/base/error.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/streams.h"
#include "libworkspace/guest/task_intake.h"

namespace workspace::agent {
namespace {

/// From the greeting to kStart. The node has it all at hand, but slurmstepd lets no task go on
/// before it has forked all of the step's tasks, and each of them has greeted by then.
constexpr std::chrono::seconds kIntakeTime(600);
/// How long the node may take to close a connection after kExit.
constexpr std::chrono::seconds kFarewellTime(10);

TaskRequest take_in(int socket) {
  const Deadline deadline = Deadline::in(kIntakeTime);
  TaskIntake intake;
  for (;;) {
    const auto frame = receive_frame(socket, deadline);
    if (!frame) throw Error(ErrorKind::kGuest, "the connection ended before the task's start");
    expect_task_channel(*frame);
    if (intake.take(*frame)) return intake.finish();
  }
}

TaskExit exit_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return {true, static_cast<std::uint8_t>(WTERMSIG(wait_status)),
            static_cast<bool>(WCOREDUMP(wait_status)), false};
  }
  return {false, static_cast<std::uint8_t>(WEXITSTATUS(wait_status)), false, false};
}

/// Ends what the task left behind, however serving it ended.
class TaskCleanup {
 public:
  TaskCleanup(const TaskCgroup& cgroup, pid_t pid) : cgroup_(cgroup), pid_(pid) {}
  TaskCleanup(const TaskCleanup&) = delete;
  TaskCleanup& operator=(const TaskCleanup&) = delete;
  ~TaskCleanup() {
    kill_rest();
    cgroup_.remove();
  }
  void kill_rest() const {
    cgroup_.kill_all();
    ::kill(-pid_, SIGKILL);
  }

 private:
  const TaskCgroup& cgroup_;
  pid_t pid_;
};

class TaskRelay {
 public:
  TaskRelay(UniqueFd socket, TaskProcess process, TaskSignals signals, const TaskCgroup& cgroup,
            CommandDoor* door)
      : socket_(std::move(socket)),
        process_(std::move(process)),
        signals_(signals),
        cgroup_(cgroup),
        door_(door) {
    if (process_.input.valid()) streams_.add_sink(kStdin, std::move(process_.input));
    if (process_.output.valid()) streams_.add_source(kStdout, std::move(process_.output));
    if (process_.error_output.valid())
      streams_.add_source(kStderr, std::move(process_.error_output));
    if (process_.pmi.valid()) pmi_.add_socket(kStdout, kStdin, std::move(process_.pmi));
  }

  void run(const TaskCleanup& cleanup) {
    while (!socket_.broken() && !end_is_told_) serve_once(cleanup);
    if (end_is_told_) await_farewell();
  }

 private:
  void serve_once(const TaskCleanup& cleanup) {
    std::vector<struct pollfd> entries;
    entries.push_back(
        {socket_.fd(), static_cast<short>(POLLIN | (socket_.has_output() ? POLLOUT : 0)), 0});
    entries.push_back({end_ ? -1 : process_.ended.get(), POLLIN, 0});
    streams_.add_poll_entries(entries, socket_);
    pmi_.add_poll_entries(entries, socket_);
    const std::size_t first_of_door = entries.size();
    if (door_ != nullptr) door_->add_poll_entries(entries, socket_);
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      if (errno == EINTR) return;
      throw_guest_errno("waiting for the task");
    }
    streams_.serve(entries, 2, socket_);
    pmi_.serve(entries, 2 + Streams::kPollEntries, socket_);
    if (door_ != nullptr) door_->serve(entries, first_of_door, socket_);
    if (entries[1].revents != 0) reap(cleanup);
    if (entries[0].revents != 0) streams_.receive(socket_);
    while (const auto frame = socket_.next()) handle(*frame);
    streams_.write_ahead(socket_);
    pmi_.write_ahead(socket_);
    // In one packet with the ends of the streams, where these came with it.
    if (end_ && streams_.sources_are_drained() && pmi_.sources_are_drained()) tell_end();
    socket_.flush();
  }

  /// What still runs in the background goes, as slurmstepd ends a step with its task; what is in
  /// the pipes is passed on all the same.
  void reap(const TaskCleanup& cleanup) {
    int status = 0;
    if (::waitpid(process_.pid, &status, 0) != process_.pid) return;
    end_ = exit_of(status);
    end_->out_of_memory = cgroup_.ran_out_of_memory();
    cleanup.kill_rest();
  }

  void tell_end() {
    socket_.send(FrameType::kExit, 0, end_->encode());
    end_is_told_ = true;
  }

  void handle(const Frame& frame) {
    if (channel_of(frame.stream) == kPmiChannel) return pmi_.handle(frame);
    if (door_ != nullptr && channel_of(frame.stream) >= kFirstCommandChannel) {
      door_->handle(frame);
      return;
    }
    expect_task_channel(frame);
    switch (frame.type) {
      case FrameType::kSignal:
        if (!end_) signals_.deliver(frame.payload);
        return;
      case FrameType::kResize:
        resize(TerminalSize::parse(frame.payload));
        return;
      case FrameType::kData:
      case FrameType::kClose:
      case FrameType::kCredit:
        streams_.handle(frame);
        return;
      default:
        throw Error(ErrorKind::kInvalid, "protocol error: " + std::string(*name_of(frame.type)) +
                                             " while the task runs");
    }
  }

  void resize(const TerminalSize& size) const {
    const struct winsize window { size.rows, size.columns, 0, 0 };
    if (process_.terminal.valid()) ::ioctl(process_.terminal.get(), TIOCSWINSZ, &window);
  }

  /// Closing a socket with unread bytes in it resets the connection, and kExit might be lost: so
  /// the node closes first.
  void await_farewell() {
    const Deadline deadline = Deadline::in(kFarewellTime);
    while (!socket_.broken() && !deadline.passed()) {
      struct pollfd entry {
        socket_.fd(), static_cast<short>(POLLIN | (socket_.has_output() ? POLLOUT : 0)), 0
      };
      if (::poll(&entry, 1, deadline.poll_ms()) <= 0) continue;
      socket_.flush();
      if ((entry.revents & ~POLLOUT) != 0) socket_.receive();
      while (socket_.next()) continue;
    }
  }

  FrameSocket socket_;
  TaskProcess process_;
  TaskSignals signals_;
  const TaskCgroup& cgroup_;
  CommandDoor* door_;
  Streams streams_;
  Streams pmi_{kPmiChannel};
  std::optional<TaskExit> end_;
  bool end_is_told_ = false;
};

/// On one CPU a task would lose its turn with every write to its stdout, because a process that
/// wakes up goes first: it now goes on until its pipe is full or it waits for something itself.
void take_turns_late() {
  const struct sched_param none {};
  (void)::sched_setscheduler(0, SCHED_BATCH, &none);
}

/// Without Slurm's commands a task is a task all the same.
void open_door(std::optional<CommandDoor>& door, const User& user) {
  if (::access(CommandDoor::kFolder, W_OK) != 0) return;
  try {
    door.emplace(CommandDoor::path_for(::getpid()), user);
  } catch (const Error& e) {
    report(e.text());
  }
}

}  // namespace

void serve_task(UniqueFd socket, const GuestConfig& config) {
  const User user = User::of(config);
  // A task that closes its stdin is told to the node, it is no reason to die.
  ::signal(SIGPIPE, SIG_IGN);
  // What does not depend on the task is done while the node still prepares it.
  const TaskCgroup cgroup = TaskCgroup::create(::getpid());
  std::optional<CommandDoor> door;
  open_door(door, user);
  TaskRequest request = take_in(socket.get());
  apply_task_rules(request.spec, config);
  if (door && !cgroup.exists()) {
    request.spec.environment.push_back(std::string(CommandDoor::kVariable) + "=" +
                                       CommandDoor::path_for(::getpid()));
  }
  if (!request.spec.script_path.empty())
    write_batch_script(request.spec.script_path, request.script, user);
  TaskProcess process = start_task(request.spec, user, cgroup);
  const TaskSignals signals(process.pid, cgroup, !request.spec.script_path.empty());
  take_turns_late();
  const TaskCleanup cleanup(cgroup, process.pid);
  TaskRelay(std::move(socket), std::move(process), signals, cgroup, door ? &*door : nullptr)
      .run(cleanup);
}

}  // namespace workspace::agent
