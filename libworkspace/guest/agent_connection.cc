#include "libworkspace/guest/agent_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <utility>
#include <vector>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestAttempt(150);
constexpr int kAttemptsShare = 10;
constexpr int kAttemptsAtOnce = 4;

constexpr int kIdleS = 10;
constexpr int kIntervalS = 5;
constexpr int kLostProbes = 4;
constexpr int kSilenceMs = (kIdleS + kIntervalS * kLostProbes) * 1000;

void set_option(int socket, int level, int option, int value, const char* name) {
  if (::setsockopt(socket, level, option, &value, sizeof value) != 0)
    throw_errno(std::string("setting ") + name);
}

/// Keeps this thread in another network namespace for the object's life.
class NamespaceVisit {
 public:
  explicit NamespaceVisit(const std::string& path) {
    if (path.empty()) return;
    home_ = UniqueFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!home_.valid()) throw_errno("opening the thread's own network namespace");
    const UniqueFd there(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!there.valid()) {
      if (errno == ENOENT)
        throw Error(ErrorKind::kNotFound, "the network namespace " + path + " does not exist");
      throw_errno("opening the network namespace " + path);
    }
    if (::setns(there.get(), CLONE_NEWNET) != 0) throw_errno("entering " + path);
  }
  NamespaceVisit(const NamespaceVisit&) = delete;
  NamespaceVisit& operator=(const NamespaceVisit&) = delete;
  ~NamespaceVisit() {
    // Going on in a job's namespace would be worse than ending, and no caller could repair it.
    if (home_.valid() && ::setns(home_.get(), CLONE_NEWNET) != 0) std::terminate();
  }

 private:
  UniqueFd home_;
};

/// A socket belongs for ever to the namespace it was made in.
UniqueFd make_socket(const std::string& network_namespace) {
  const NamespaceVisit visit(network_namespace);
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) throw_errno("making a socket in " + network_namespace);
  return socket;
}

struct Attempt {
  UniqueFd socket;
  Deadline until;
};

/// Not added where it has failed already.
void begin_attempt(std::vector<Attempt>& attempts, UniqueFd socket, const struct sockaddr_in& to,
                   Deadline until) {
  if (::connect(socket.get(), reinterpret_cast<const struct sockaddr*>(&to), sizeof to) == 0 ||
      errno == EINPROGRESS)
    attempts.push_back({std::move(socket), until});
}

bool is_connected(int socket) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

/// The first of them that connects until then, or nothing. Those that fail are dropped.
UniqueFd first_connected(std::vector<Attempt>& attempts, Deadline until) {
  do {
    std::vector<struct pollfd> entries;
    entries.reserve(attempts.size());
    for (const auto& attempt : attempts) entries.push_back({attempt.socket.get(), POLLOUT, 0});
    if (::poll(entries.data(), entries.size(), until.poll_ms()) <= 0) continue;
    for (std::size_t i = entries.size(); i-- > 0;) {
      if (entries[i].revents == 0) continue;
      if (is_connected(entries[i].fd)) return std::move(attempts[i].socket);
      attempts.erase(attempts.begin() + static_cast<std::ptrdiff_t>(i));
    }
  } while (!until.passed());
  return {};
}

}  // namespace

milliseconds attempt_time(milliseconds waited) {
  return std::max(kShortestAttempt, waited / kAttemptsShare);
}

UniqueFd connect_to_agent(const std::string& network_namespace, const std::string& address,
                          std::uint16_t port, Deadline deadline) {
  struct sockaddr_in to {};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1)
    throw Error(ErrorKind::kInvalid, "'" + address + "' is not an IPv4 address");
  const milliseconds bound = deadline.left();
  std::vector<Attempt> attempts;
  while (!deadline.passed()) {
    const milliseconds lasts = attempt_time(bound - deadline.left());
    begin_attempt(attempts, make_socket(network_namespace), to, Deadline::in(lasts));
    UniqueFd socket = first_connected(attempts, deadline.no_later_than(lasts / kAttemptsAtOnce));
    if (socket.valid()) {
      set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
      watch_guest(socket.get(), true);
      return socket;
    }
    attempts.erase(std::remove_if(attempts.begin(), attempts.end(),
                                  [](const auto& attempt) { return attempt.until.passed(); }),
                   attempts.end());
  }
  throw Error(ErrorKind::kGuest, "the guest does not answer");
}

void watch_guest(int socket, bool watching) {
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kIdleS, "TCP_KEEPIDLE");
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kIntervalS, "TCP_KEEPINTVL");
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kLostProbes, "TCP_KEEPCNT");
  // Without a bound of its own, data that nobody acknowledges would end the connection in 15
  // minutes.
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, watching ? kSilenceMs : INT_MAX,
             "TCP_USER_TIMEOUT");
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, watching ? 1 : 0, "SO_KEEPALIVE");
}

}  // namespace workspace
