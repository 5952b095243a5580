#include "guest/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <iterator>
#include <set>
#include <thread>

#include "guest/connection.h"
#include "guest/files.h"
#include "guest/memory_watch.h"
#include "guest/power.h"
#include "guest/report.h"
#include "guest/ssh_access.h"
#include "guest/task_cgroup.h"
#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

/// Far more than a node has tasks; it bounds what a flood of connections can cost.
constexpr std::size_t kMaxConnections = 4096;

UniqueFd listen_on(const GuestConfig& config, struct sockaddr_in& own) {
  own.sin_family = AF_INET;
  own.sin_port = htons(config.port);
  if (::inet_pton(AF_INET, config.guest_address.c_str(), &own.sin_addr) != 1)
    throw Error(ErrorKind::kInvalid, "'" + config.guest_address + "' is not an IPv4 address");
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Connections inherit it (tcp(7)). Without it a stream's credit waits until the node has
  // acknowledged the one before, which the node puts off while it waits for credit.
  const int yes = 1;
  if (!socket.valid() ||
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const struct sockaddr*>(&own), sizeof own) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    throw_guest_errno("listening on " + config.guest_address);
  return socket;
}

/// The signals of PID 1 as a descriptor. SIGINT is what the kernel sends for ctrl-alt-del.
UniqueFd watch_signals() {
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT}) ::sigaddset(&watched, number);
  ::sigprocmask(SIG_BLOCK, &watched, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  UniqueFd fd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) throw_guest_errno("watching for signals");
  return fd;
}

class Server {
 public:
  explicit Server(const BootedGuest& guest)
      : guest_(guest), ssh_(guest.config), signals_(watch_signals()) {
    guest.control.run([&] { listener_ = listen_on(guest.config, own_); });
  }

  void serve_once() {
    struct pollfd entries[] = {{listener_.get(), POLLIN, 0},
                               {signals_.get(), POLLIN, 0},
                               {ssh_.fd(), POLLIN, 0},
                               {memory_.fd(), POLLPRI, 0}};
    if (::poll(entries, std::size(entries), memory_.poll_ms()) < 0) return;
    memory_.look(entries[3].revents != 0);
    if (entries[1].revents != 0) take_signals();
    if (entries[0].revents != 0) accept_one();
    if (entries[2].revents != 0) ssh_.accept_one();
  }

 private:
  void accept_one() {
    struct sockaddr_in peer {};
    socklen_t length = sizeof peer;
    UniqueFd socket(::accept4(listener_.get(), reinterpret_cast<struct sockaddr*>(&peer), &length,
                              SOCK_CLOEXEC));
    if (!socket.valid()) {
      // Out of descriptors or memory: the connection stays in the queue, and poll(2) would spin.
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return;
    }
    // The guest's own processes have no business here; without the token they could only make
    // noise.
    if (peer.sin_addr.s_addr == own_.sin_addr.s_addr || connections_.size() >= kMaxConnections)
      return;
    const pid_t pid = ::fork();
    if (pid < 0) {
      report("no process for a connection can be made");
    } else if (pid == 0) {
      serve_in_child(std::move(socket));
    } else {
      connections_.insert(pid);
    }
  }

  [[noreturn]] void serve_in_child(UniqueFd socket) {
    listener_.reset();
    signals_.reset();
    ::setsid();
    try {
      serve_connection(std::move(socket), guest_.config, guest_.modules);
    } catch (const std::exception& e) {
      report(e.what());
      ::_exit(1);
    }
    ::_exit(0);
  }

  void take_signals() {
    struct signalfd_siginfo info {};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo != SIGCHLD) power_off();
    }
    for (;;) {
      const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
      if (pid <= 0) return;
      ssh_.forget(pid);
      // A connection's process that was killed could not end its task itself.
      if (connections_.erase(pid) != 0) TaskCgroup::left_by(pid).remove();
    }
  }

  const BootedGuest& guest_;
  SshAccess ssh_;
  struct sockaddr_in own_ {};
  MemoryWatch memory_;
  UniqueFd listener_;
  UniqueFd signals_;
  std::set<pid_t> connections_;
};

}  // namespace

void serve(const BootedGuest& guest) {
  Server server(guest);
  for (;;) server.serve_once();
}

}  // namespace workspace::agent
