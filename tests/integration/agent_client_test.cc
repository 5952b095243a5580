/// The node's side of the protocol against the agent's connections, over the loopback.

#include "libworkspace/guest/agent_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "guest/connection.h"
#include "libworkspace/base/error.h"
#include "libworkspace/guest/frame_socket.h"
#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::expect_error;
using ::testing::StrEq;

GuestConfig test_config() {
  GuestConfig config(JobId(42));
  config.token = std::string(64, '7');
  config.uid = 5001;
  config.gid = 5001;
  return config;
}

/// A process that serves one connection after the other, as the agent's processes do.
class AgentClientTest : public ::testing::Test {
 protected:
  AgentClientTest() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    struct sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<struct sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), generic, length), 0);
    EXPECT_EQ(::getsockname(listener_.get(), generic, &length), 0);
    port_ = ntohs(address.sin_port);
  }

  ~AgentClientTest() override {
    if (server_ <= 0) return;
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
  }

  void start_server() {
    ASSERT_EQ(::listen(listener_.get(), 8), 0);
    server_ = ::fork();
    if (server_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      try {
        agent::serve_connection(std::move(socket), test_config(), agent::Modules("/nonexistent"));
      } catch (const std::exception&) {  // told to the client, as far as it is told anything
      }
    }
  }

  [[nodiscard]] AgentClient client(char token = '7', std::uint32_t uid = 5001) const {
    return {{"", "127.0.0.1", port_}, {std::string(64, token), 42, uid, 5001}};
  }

  UniqueFd listener_;
  std::uint16_t port_ = 0;
  pid_t server_ = -1;
};

TEST_F(AgentClientTest, ProbeIsAnsweredWithWhatTheMachineIs) {
  start_server();
  const Readiness readiness = client().probe(Deadline::in(seconds(20)));
  EXPECT_EQ(readiness.vcpus, static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
  EXPECT_GT(readiness.memory_kib, 0U);
  EXPECT_FALSE(readiness.kernel.empty());
}

TEST_F(AgentClientTest, WrongTokenGetsNoAnswer) {
  start_server();
  expect_error([&] { (void)client('8').probe(Deadline::in(seconds(20))); }, ErrorKind::kGuest,
               StrEq("the guest's agent refused the connection"));
}

TEST_F(AgentClientTest, TaskOfAnotherUserIsRefused) {
  start_server();
  const UniqueFd task = client('7', 5002).open_task(0, 0, Deadline::in(seconds(20)));
  const auto frame = receive_frame(task.get(), Deadline::in(seconds(20)));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type, FrameType::kError);
  EXPECT_EQ(frame->payload, "the task is not of this job's user");
}

TEST_F(AgentClientTest, MountIsRefusedInTheGuestsWords) {
  start_server();
  expect_error(
      [&] {
        (void)client().begin_mount({"/data", "/a,uid=0", "", false}, Deadline::in(seconds(20)));
      },
      ErrorKind::kGuest,
      StrEq("the guest's agent: '/a,uid=0' has a comma in it, which a mount cannot express"));
}

TEST_F(AgentClientTest, NobodyAnswersByTheDeadline) {
  const auto begin = std::chrono::steady_clock::now();
  expect_error([&] { (void)client().probe(Deadline::in(milliseconds(300))); }, ErrorKind::kGuest,
               StrEq("the guest does not answer"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(300));
}

TEST_F(AgentClientTest, SilentAgentIsGivenUpAtTheDeadline) {
  // The kernel accepts, and nobody reads.
  ASSERT_EQ(::listen(listener_.get(), 8), 0);
  expect_error([&] { (void)client().probe(Deadline::in(milliseconds(300))); }, ErrorKind::kGuest,
               StrEq("the guest's agent does not answer"));
}

TEST_F(AgentClientTest, NamespaceMustBeThere) {
  const AgentClient lost({"/run/netns/ws-none", "169.254.77.2", 7777}, {});
  expect_error([&] { (void)lost.probe(Deadline::in(seconds(5))); }, ErrorKind::kNotFound,
               StrEq("the network namespace /run/netns/ws-none does not exist"));
}

}  // namespace
}  // namespace workspace
