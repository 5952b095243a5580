#include "tests/support/guest_task.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <thread>

#include "guest/connection.h"
#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/messages.h"
#include "test_paths.h"

namespace workspace::testing {
namespace {

constexpr std::chrono::seconds kTaskTime(60);
constexpr int kConnectionFd = 100;  // none of the pipes is so high
constexpr uid_t kNobody = 65534;

GuestConfig test_config() {
  GuestConfig config(JobId(42));
  config.token = std::string(64, '7');
  config.uid = TaskServer::task_uid();
  config.gid = ::geteuid() == 0 ? kNobody : ::getegid();
  config.groups = {{"group", config.gid}};
  return config;
}

/// The test's and the task's ends of descriptors 0 to 2.
struct Stdio {
  std::array<UniqueFd, 3> test_ends;
  std::array<UniqueFd, 3> task_ends;

  explicit Stdio(const TestTask& task) {
    if (task.stdio[1] == TestStdio::kTerminal) open_terminal(task);
    for (std::size_t i = 0; i < 3; ++i) {
      if (task.stdio[i] == TestStdio::kNull)
        task_ends[i] = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
      if (task.stdio[i] == TestStdio::kAsStdout)
        task_ends[i] = UniqueFd(::fcntl(task_ends[1].get(), F_DUPFD_CLOEXEC, 3));
      if (task.stdio[i] != TestStdio::kPipe) continue;
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("making a pipe");
      task_ends[i] = UniqueFd(ends[i == 0 ? 0 : 1]);
      test_ends[i] = UniqueFd(ends[i == 0 ? 1 : 0]);
    }
  }

 private:
  void open_terminal(const TestTask& task) {
    UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    char name[64];
    if (!master.valid() || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
        ::ptsname_r(master.get(), name, sizeof name) != 0)
      throw_errno("opening a terminal");
    const struct winsize size { task.terminal_rows, task.terminal_columns, 0, 0 };
    ::ioctl(master.get(), TIOCSWINSZ, &size);
    for (std::size_t i = 0; i < 3; ++i) {
      if (task.stdio[i] == TestStdio::kTerminal)
        task_ends[i] = UniqueFd(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
    test_ends[0] = UniqueFd(::fcntl(master.get(), F_DUPFD_CLOEXEC, 3));
    test_ends[1] = std::move(master);
  }
};

/// Everything up to the end, which a terminal tells by EIO.
std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void become_workspace_exec(const TestTask& task, const Stdio& stdio, int connection) {
  ::setpgid(0, 0);
  ::signal(SIGPIPE, SIG_DFL);
  ::dup2(connection, kConnectionFd);
  for (int i = 0; i < 3; ++i) {
    const int end = stdio.task_ends[static_cast<std::size_t>(i)].get();
    if (end < 0) {
      ::close(i);
    } else {
      ::dup2(end, i);
    }
  }
  if (task.pmi_socket >= 0) ::dup2(task.pmi_socket, TestTask::kPmiFd);
  std::vector<std::string> argv = {"workspace-exec", "--fd", std::to_string(kConnectionFd)};
  if (!task.script_path.empty()) argv.insert(argv.end(), {"--script", task.script_path});
  argv.emplace_back("--");
  argv.insert(argv.end(), task.argv.begin(), task.argv.end());
  const std::string program =
      std::string(testing::kBinaryDir) + "/spank_plugin/workspace_exec/workspace-exec";
  ::execve(program.c_str(), c_strings(argv).data(), c_strings(task.environment).data());
  ::_exit(99);
}

int wait_for_end(pid_t pid, struct rusage* usage = nullptr) {
  const Deadline deadline = Deadline::in(kTaskTime);
  int status = 0;
  while (::wait4(pid, &status, WNOHANG, usage) == 0) {
    if (deadline.passed()) {
      ADD_FAILURE() << "the task did not end";
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return status;
}

std::string read_until_ready(int fd) {
  std::string text;
  char byte = 0;
  // A terminal ends its lines with CR and LF.
  while (!text.ends_with("ready\n") && !text.ends_with("ready\r\n") && ::read(fd, &byte, 1) == 1)
    text += byte;
  return text;
}

}  // namespace

std::pair<UniqueFd, UniqueFd> tcp_pair() {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct sockaddr_in address {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<struct sockaddr*>(&address);
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(listener.get(), generic, length) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), generic, &length) != 0 ||
      ::connect(client.get(), generic, length) != 0)
    throw_errno("connecting over the loopback");
  UniqueFd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!server.valid()) throw_errno("accepting over the loopback");
  return {std::move(client), std::move(server)};
}

uid_t TaskServer::task_uid() { return ::geteuid() == 0 ? kNobody : ::geteuid(); }

TaskServer::TaskServer() {
  auto [near_end, far_end] = tcp_pair();
  const GuestConfig config = test_config();
  pid_ = ::fork();
  if (pid_ == 0) {
    near_end.reset();
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      agent::serve_connection(std::move(far_end), config, agent::Modules("/nonexistent"));
    } catch (const std::exception&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  connection_ = std::move(near_end);
  Hello hello;
  hello.token = config.token;
  hello.purpose = Purpose::kTask;
  hello.uid = config.uid;
  hello.gid = config.gid;
  hello.job = config.job.number();
  send_frame(connection_.get(), FrameType::kHello, hello.encode(), Deadline::in(kTaskTime));
}

TaskServer::~TaskServer() {
  connection_.reset();
  wait_for_end(pid_);
}

TaskOutcome run_task(const TestTask& task) {
  TaskServer server;
  return run_task(task, server.take_connection(), server.pid());
}

TaskOutcome run_task(const TestTask& task, UniqueFd connection, pid_t server) {
  Stdio stdio(task);
  const pid_t pid = ::fork();
  if (pid == 0) become_workspace_exec(task, stdio, connection.get());
  for (auto& end : stdio.task_ends) end.reset();
  connection.reset();

  const auto read_end = [&](std::size_t i) {
    return std::async(std::launch::async, [&stdio, i] {
      return stdio.test_ends[i].valid() ? read_to_end(stdio.test_ends[i].get()) : std::string();
    });
  };
  TaskOutcome outcome;
  if (task.when_ready) {
    outcome.output = read_until_ready(stdio.test_ends[1].get());
    task.when_ready(pid, server);
  }
  if (task.abandon_output) stdio.test_ends[1].reset();
  auto output = read_end(1);
  auto error_output = read_end(2);
  auto input = std::async(std::launch::async, [&] {
    ::signal(SIGPIPE, SIG_IGN);
    std::string_view left = task.input;
    while (!left.empty()) {
      const ssize_t written = ::write(stdio.test_ends[0].get(), left.data(), left.size());
      if (written <= 0) break;  // the task does not read any more
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    stdio.test_ends[0].reset();
  });
  struct rusage usage {};
  outcome.wait_status = wait_for_end(pid, &usage);
  outcome.peak_kib = usage.ru_maxrss;
  input.get();
  outcome.output += output.get();
  outcome.error_output = error_output.get();
  return outcome;
}

bool wait_until_gone(pid_t pid, int seconds) {
  const Deadline deadline = Deadline::in(std::chrono::seconds(seconds));
  while (::kill(pid, 0) == 0) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace workspace::testing
