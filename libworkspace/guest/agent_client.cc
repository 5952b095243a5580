#include "libworkspace/guest/agent_client.h"

#include <fcntl.h>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/agent_connection.h"
#include "libworkspace/guest/frame_socket.h"

namespace workspace {
namespace {

/// The guest is hostile: its words are cut short and made printable.
constexpr std::size_t kMaxErrorTextBytes = 512;

Frame expect_answer(int socket, FrameType expected, Deadline deadline) {
  auto frame = receive_frame(socket, deadline);
  if (!frame) throw Error(ErrorKind::kGuest, "the guest's agent refused the connection");
  if (frame->type == FrameType::kError) {
    throw Error(ErrorKind::kGuest,
                "the guest's agent: " + printable(frame->payload, kMaxErrorTextBytes));
  }
  if (frame->type != expected) {
    throw Error(ErrorKind::kInvalid, "protocol error: " + std::string(*name_of(frame->type)) +
                                         " instead of " + std::string(*name_of(expected)));
  }
  return std::move(*frame);
}

/// A 9p server waits in its reads and writes; it takes EAGAIN for a broken connection.
void make_blocking(int socket) {
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags < 0 || ::fcntl(socket, F_SETFL, flags & ~O_NONBLOCK) != 0)
    throw_errno("making a socket blocking");
}

}  // namespace

Hello AgentClient::hello(Purpose purpose) const {
  Hello hello;
  hello.token = identity_.token;
  hello.purpose = purpose;
  hello.job = identity_.job;
  hello.uid = identity_.uid;
  hello.gid = identity_.gid;
  return hello;
}

UniqueFd AgentClient::open(const Hello& hello, Deadline deadline) const {
  UniqueFd socket =
      connect_to_agent(endpoint_.network_namespace, endpoint_.address, endpoint_.port, deadline);
  send_frame(socket.get(), FrameType::kHello, hello.encode(), deadline);
  return socket;
}

Readiness AgentClient::probe(Deadline deadline) const {
  const UniqueFd socket = open(hello(Purpose::kProbe), deadline);
  return Readiness::parse(expect_answer(socket.get(), FrameType::kReady, deadline).payload);
}

UniqueFd AgentClient::begin_mount(const MountRequest& request, Deadline deadline) const {
  UniqueFd socket = open(hello(Purpose::kMount), deadline);
  send_frame(socket.get(), FrameType::kMount, request.encode(), deadline);
  expect_answer(socket.get(), FrameType::kOk, deadline);
  make_blocking(socket.get());
  // A folder that is lost stays lost for the job; its VM may be paused for long, or have much to do
  // and be silent for a while. The end of the workspace ends the server too.
  watch_guest(socket.get(), false);
  return socket;
}

void AgentClient::await_mounted(const MountRequest& request, Deadline deadline) const {
  const UniqueFd socket = open(hello(Purpose::kMounted), deadline);
  send_frame(socket.get(), FrameType::kMount, request.encode(), deadline);
  expect_answer(socket.get(), FrameType::kOk, deadline);
}

void AgentClient::stop(Deadline deadline) const {
  const UniqueFd socket = open(hello(Purpose::kStop), deadline);
  expect_answer(socket.get(), FrameType::kOk, deadline);
}

void AgentClient::settle(Deadline deadline) const {
  const UniqueFd socket = open(hello(Purpose::kSettle), deadline);
  expect_answer(socket.get(), FrameType::kOk, deadline);
}

void AgentClient::resize(const MachineSize& size, Deadline deadline) const {
  const UniqueFd socket = open(hello(Purpose::kResize), deadline);
  send_frame(socket.get(), FrameType::kSize, size.encode(), deadline);
  expect_answer(socket.get(), FrameType::kOk, deadline);
}

UniqueFd AgentClient::open_task(std::uint32_t step, std::uint32_t task, Deadline deadline) const {
  Hello greeting = hello(Purpose::kTask);
  greeting.step = step;
  greeting.task = task;
  return open(greeting, deadline);
}

}  // namespace workspace
