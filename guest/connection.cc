#include "guest/connection.h"

#include <fcntl.h>

#include <chrono>

#include "guest/directory_mount.h"
#include "guest/machine.h"
#include "guest/own_init.h"
#include "guest/power.h"
#include "guest/report.h"
#include "guest/resize.h"
#include "guest/task_server.h"
#include "libworkspace/base/error.h"
#include "libworkspace/guest/frame_socket.h"

namespace workspace::agent {
namespace {

constexpr std::chrono::seconds kGreetingTime(10);
constexpr std::chrono::seconds kAnswerTime(10);

/// Takes the same time wherever the first difference stands.
bool same_secret(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

Frame receive(int socket, FrameType expected) {
  auto frame = receive_frame(socket, Deadline::in(kGreetingTime));
  if (!frame) throw Error(ErrorKind::kInvalid, "the connection ended without a greeting");
  if (frame->type != expected)
    throw Error(ErrorKind::kInvalid, "protocol error: " + std::string(*name_of(frame->type)) +
                                         " instead of " + std::string(*name_of(expected)));
  return std::move(*frame);
}

void answer_probe(int socket, const GuestConfig& config) {
  Readiness readiness = look_at_machine();
  if (config.own_init) readiness.system = system_state();
  send_frame(socket, FrameType::kReady, readiness.encode(), Deadline::in(kAnswerTime));
}

void serve_greeted(UniqueFd& socket, const Hello& hello, const GuestConfig& config,
                   const Modules& modules) {
  const auto mount_request = [&] {
    return MountRequest::parse(receive(socket.get(), FrameType::kMount).payload);
  };
  switch (hello.purpose) {
    case Purpose::kProbe:
      answer_probe(socket.get(), config);
      return;
    case Purpose::kTask:
      // The configuration alone says who the user is; the greeting must agree with it.
      if (hello.uid != config.uid || hello.gid != config.gid)
        throw Error(ErrorKind::kDenied, "the task is not of this job's user");
      serve_task(std::move(socket), config);
      return;
    case Purpose::kMount:
      mount_directory(std::move(socket), mount_request(), modules);
      return;
    case Purpose::kMounted:
      report_mount(socket.get(), mount_request());
      return;
    case Purpose::kResize:
      resize_machine(MachineSize::parse(receive(socket.get(), FrameType::kSize).payload), modules);
      send_frame(socket.get(), FrameType::kOk, {}, Deadline::in(kAnswerTime));
      return;
    case Purpose::kSettle:
      settle();
      send_frame(socket.get(), FrameType::kOk, {}, Deadline::in(kAnswerTime));
      return;
    case Purpose::kStop:
      send_frame(socket.get(), FrameType::kOk, {}, Deadline::in(kAnswerTime));
      power_off();
      return;
  }
}

}  // namespace

void serve_connection(UniqueFd socket, const GuestConfig& config, const Modules& modules) {
  const Hello hello = Hello::parse(receive(socket.get(), FrameType::kHello).payload);
  if (!same_secret(hello.token, config.token))
    throw Error(ErrorKind::kDenied, "a connection with a wrong token was refused");
  const UniqueFd answer(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3));
  try {
    serve_greeted(socket, hello, config, modules);
  } catch (const Error& e) {
    const std::string line = e.text().substr(0, kMaxPayloadBytes);
    send_frame(answer.get(), FrameType::kError, line, Deadline::in(kAnswerTime));
    throw;
  }
}

}  // namespace workspace::agent
