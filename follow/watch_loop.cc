#include "follow/watch_loop.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "libworkspace/base/error.h"
#include "libworkspace/base/unix_socket.h"
#include "libworkspace/watch/job_watch.h"

namespace workspace::follow {
namespace {

/// More tasks than this are not listened to; those that are tell of the same signals.
constexpr std::size_t kMostTasks = 512;
constexpr std::size_t kMaxStatBytes = 4096;

/// True for a process that takes signals: by the state in /proc/PID/stat (proc(5)), which stands
/// behind the name in parentheses.
bool is_awake(pid_t pid) {
  try {
    const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat", kMaxStatBytes);
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || name_end + 2 >= stat.size()) return false;
    return std::string_view("TtZX").find(stat[name_end + 2]) == std::string_view::npos;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void WatchLoop::run() {
  while (last_ != Look::kOver) serve_once();
}

void WatchLoop::serve_once() {
  std::vector<struct pollfd> entries = {{listener_.get(), POLLIN, 0},
                                        {disk_server_.get(), POLLIN, 0}};
  const std::size_t first_task = entries.size();
  for (const auto& task : tasks_) entries.push_back({task.connection.get(), POLLIN, 0});
  if (::poll(entries.data(), entries.size(), next_look_.poll_ms()) < 0) {
    if (errno == EINTR) return;
    throw_errno("waiting for the job's tasks");
  }
  std::vector<Task> left;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (entries[first_task + i].revents == 0 || take_hints(tasks_[i]))
      left.push_back(std::move(tasks_[i]));
  }
  tasks_ = std::move(left);
  if (entries[0].revents != 0) accept_tasks();
  if (entries[1].revents != 0) {
    disk_server_.reset();
    asked_ = true;
    next_look_ = Deadline::in({});
  }
  if (next_look_.passed()) look();
}

void WatchLoop::accept_tasks() {
  UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection.valid() || tasks_.size() >= kMostTasks) return;
  const pid_t pid = peer_process(connection.get());
  tasks_.push_back({std::move(connection), pid});
}

bool WatchLoop::take_hints(const Task& task) {
  std::array<char, 64> hints{};
  const ssize_t got = ::recv(task.connection.get(), hints.data(), hints.size(), MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
  // The last one counts: it is of the same sender, in its order.
  if (got > 0) {
    if (hints[static_cast<std::size_t>(got) - 1] == static_cast<char>(WatchHint::kContinuing))
      expect(Look::kRuns, {});
    else
      expect(Look::kSuspended, pace_.grace);
  }
  return true;
}

/// All tasks tell of one signal: what is expected already is not put off.
void WatchLoop::expect(Look expected, std::chrono::milliseconds from_now) {
  if (expected_ == expected || last_ == expected) {
    if (expected_ && *expected_ != expected) expected_.reset();
    return;
  }
  expected_ = expected;
  asked_ = true;
  next_look_ = Deadline::in(std::max(from_now, earliest_look_.left()));
}

void WatchLoop::look() {
  const bool wanted = asked_ || last_ == Look::kSuspended || !somebody_would_tell();
  asked_ = false;
  if (wanted) last_ = look_();
  earliest_look_ = Deadline::in(pace_.between_looks);
  if (last_ == Look::kFailed) {
    asked_ = true;
    next_look_ = Deadline::in(pace_.after_failure);
    return;
  }
  const bool again = expected_ && *expected_ != last_;
  expected_.reset();
  asked_ = again;
  next_look_ = Deadline::in(again ? pace_.second_look : pace_.unasked);
}

bool WatchLoop::somebody_would_tell() const {
  return std::any_of(tasks_.begin(), tasks_.end(),
                     [](const Task& task) { return is_awake(task.pid); });
}

}  // namespace workspace::follow
