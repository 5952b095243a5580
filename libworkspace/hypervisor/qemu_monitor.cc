#include "libworkspace/hypervisor/qemu_monitor.h"

#include <poll.h>

#include <cerrno>
#include <utility>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/base/unix_socket.h"

namespace workspace {
namespace {

using Json = nlohmann::json;

/// Many times what QEMU tells of a VM's disks.
constexpr std::size_t kMaxMessageBytes = 4 << 20;
constexpr std::chrono::milliseconds kPollInterval{20};

/// Waits for a place in the queue of a socket, which poll(2) does not tell.
UniqueFd connect_to(const std::string& path, Deadline deadline) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) throw_errno("making a socket");
  while (with_unix_address(::connect, fd.get(), path) != 0) {
    if (errno != EAGAIN && errno != EINTR) throw_errno("asking QEMU at " + path);
    if (deadline.passed()) throw Error(ErrorKind::kTimeout, "QEMU at " + path + " does not listen");
    ::poll(nullptr, 0, deadline.poll_ms(kPollInterval));
  }
  return fd;
}

}  // namespace

QemuMonitor::QemuMonitor(std::string socket, Deadline deadline)
    : path_(std::move(socket)), deadline_(deadline), socket_(connect_to(path_, deadline)) {
  if (!receive().contains("QMP")) fail("does not greet as a monitor does");
  execute("qmp_capabilities");
}

Json QemuMonitor::execute(std::string_view command, Json arguments) {
  const Json request = {{"execute", command}, {"arguments", std::move(arguments)}};
  const std::string line = request.dump() + "\n";
  // It fits into the socket: a request is some hundred bytes, and there is one at a time.
  if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(line.size()))
    throw_errno("asking QEMU at " + path_);
  const Json answer = receive();
  if (const auto result = answer.find("return"); result != answer.end()) return *result;
  const Json error = answer.value("error", Json::object());
  const auto reason = error.is_object() ? error.find("desc") : error.end();
  fail(std::string(command) + ": " +
       (reason != error.end() && reason->is_string()
            ? printable(reason->get_ref<const std::string&>(), 512)
            : "neither done nor refused"));
}

pid_t QemuMonitor::process() const { return peer_process(socket_.get()); }

Json QemuMonitor::receive() {
  while (true) {
    Json message = Json::parse(receive_line(), nullptr, false);
    if (!message.is_object()) fail("answers what is no JSON object");
    if (!message.contains("event")) return message;
  }
}

std::string QemuMonitor::receive_line() {
  while (true) {
    const auto end = received_.find('\n');
    if (end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (received_.size() > kMaxMessageBytes) fail("answers without end");
    struct pollfd entry {
      socket_.get(), POLLIN, 0
    };
    if (::poll(&entry, 1, deadline_.poll_ms()) == 0)
      throw Error(ErrorKind::kTimeout, "QEMU at " + path_ + ": no answer in time");
    char buffer[16384];
    const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (count == 0) fail("has closed the connection");
    if (count > 0)
      received_.append(buffer, static_cast<std::size_t>(count));
    else if (errno != EAGAIN && errno != EINTR)
      throw_errno("asking QEMU at " + path_);
  }
}

void QemuMonitor::fail(const std::string& why) const {
  throw Error(ErrorKind::kHost, "QEMU at " + path_ + " " + why);
}

}  // namespace workspace
