#include "libworkspace/lifecycle/guest_start.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/frame_socket.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using namespace std::chrono_literals;
using testing::expect_error;
using ::testing::StrEq;

/// A domain that has written something on its console, and runs or does not.
class FakeHypervisor : public Hypervisor {
 public:
  FakeHypervisor(bool runs, const VmUsage& usage, HypervisorKind kind)
      : runs_(runs), usage_(usage), kind_(kind) {}
  [[nodiscard]] HypervisorKind kind() const override { return kind_; }
  void create(const DomainDescription&, Deadline) override {}
  void destroy(JobId, Deadline) override {}
  void suspend(JobId, Deadline) override {}
  void resume(JobId, Deadline) override {}
  void set_memory(JobId, std::uint64_t, Deadline) override {}
  DiskServer disk_server(JobId, Deadline) override { return {}; }
  bool is_running(JobId, Deadline) override { return runs_; }
  VmUsage usage(JobId, Deadline) noexcept override { return usage_; }
  std::vector<DomainStatus> list(Deadline) override { return {}; }
  std::string console_tail(JobId, std::size_t, Deadline) noexcept override {
    return "init: starting\nKernel panic - not syncing: Attempted to kill init!\n";
  }
  std::uint64_t memory_mib(Deadline) override { return 0; }
  CpuTopology cpu_topology(Deadline) override { return {}; }

 private:
  bool runs_;
  VmUsage usage_;
  HypervisorKind kind_;
};

/// What FakeAgent does instead of an answer: it ends the connection.
constexpr char kSilence[] = "(silence)";

/// Answers probes on the loopback, one state of the system after the other, the last for ever.
class FakeAgent {
 public:
  explicit FakeAgent(std::vector<std::string> states)
      : states_(std::move(states)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    struct sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<struct sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), generic, length), 0);
    EXPECT_EQ(::getsockname(listener_.get(), generic, &length), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    port_ = ntohs(address.sin_port);
    server_ = std::thread([this] { serve(); });
  }
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;
  ~FakeAgent() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    server_.join();
  }

  [[nodiscard]] AgentClient client() const {
    return {{"", "127.0.0.1", port_}, {std::string(64, '7'), 42, 5001, 5001}};
  }

 private:
  void serve() {
    for (std::size_t at = 0;; at += at + 1 < states_.size() ? 1 : 0) {
      const UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket.valid()) return;
      if (states_[at] == kSilence) continue;
      (void)receive_frame(socket.get(), Deadline::in(5s));
      Readiness readiness;
      readiness.vcpus = 1;
      readiness.system = states_[at];
      send_frame(socket.get(), FrameType::kReady, readiness.encode(), Deadline::in(5s));
    }
  }

  std::vector<std::string> states_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::thread server_;
};

class GuestStartTest : public ::testing::Test {
 protected:
  GuestStartTest() {
    record_.image = "teaching-systemd:1";
    record_.vcpus = 1;
  }

  Node node(std::chrono::milliseconds boot_timeout, bool runs) {
    SiteConfig site;
    site.boot_timeout = boot_timeout;
    RecordStore records(folder_.path());
    records.make_folder(record_.job);
    return {std::move(site),
            std::move(records),
            Catalog(folder_.path()),
            NodeCache(folder_.path()),
            ScratchDisks(folder_.path()),
            std::make_unique<FakeHypervisor>(runs, usage_, kind_)};
  }

  GuestStart start_of(Node& node, const FakeAgent& agent, BootMode boot) {
    return {node, record_, agent.client(), boot, Deadline::in(node.site.boot_timeout)};
  }

  testing::TemporaryFolder folder_;
  JobRecord record_{JobId(42)};
  VmUsage usage_;
  HypervisorKind kind_ = HypervisorKind::kQemu;
};

constexpr char kConsole[] =
    "; the console's last lines: init: starting | Kernel panic - not syncing: Attempted to kill "
    "init!";

TEST_F(GuestStartTest, WaitsUntilTheImagesSystemIsUp) {
  Node here = node(60s, true);
  const FakeAgent agent({"starting", "starting", "starting", "running"});
  GuestStart start = start_of(here, agent, BootMode::kInit);
  start.await_agent();
  start.await_system();
  EXPECT_EQ(record_.notice, "");
}

TEST_F(GuestStartTest, KeepsWhatOfTheSystemHasFailed) {
  Node here = node(60s, true);
  const FakeAgent agent({"degraded: a.service has failed"});
  GuestStart start = start_of(here, agent, BootMode::kInit);
  start.await_agent();
  start.await_system();
  EXPECT_EQ(record_.notice, "the image's system is degraded: a.service has failed");
}

TEST_F(GuestStartTest, HasNoSystemToWaitForWhereTheAgentIsTheInit) {
  Node here = node(60s, true);
  const FakeAgent agent({""});
  GuestStart start = start_of(here, agent, BootMode::kAgent);
  start.await_agent();
  start.await_system();
  EXPECT_EQ(record_.notice, "");
}

TEST_F(GuestStartTest, AnInitThatNeverGetsUpIsTheImagesFault) {
  Node here = node(1s, true);
  const FakeAgent agent({"starting"});
  GuestStart start = start_of(here, agent, BootMode::kInit);
  start.await_agent();
  expect_error(
      [&] { start.await_system(); }, ErrorKind::kGuest,
      StrEq(std::string("image 'teaching-systemd:1' has an init that did not get its system up "
                        "within 1 s") +
            kConsole));
}

TEST_F(GuestStartTest, AnInitThatEndsIsTheImagesFault) {
  Node here = node(2s, false);
  std::optional<FakeAgent> agent(std::in_place, std::vector<std::string>{"starting"});
  GuestStart start = start_of(here, *agent, BootMode::kInit);
  start.await_agent();
  agent.reset();
  expect_error([&] { start.await_system(); }, ErrorKind::kGuest,
               StrEq(std::string("image 'teaching-systemd:1' ended while it booted") + kConsole));
}

TEST_F(GuestStartTest, AGuestOfAnotherSizeIsTheHostsFault) {
  record_.vcpus = 2;
  Node here = node(60s, true);
  const FakeAgent agent({""});
  GuestStart start = start_of(here, agent, BootMode::kAgent);
  expect_error([&] { start.await_agent(); }, ErrorKind::kHost,
               StrEq("the VM has 1 vCPUs, not the 2 that were allocated"));
}

class StalledGuestTest : public GuestStartTest {
 protected:
  StalledGuestTest() {
    usage_.cpu_time_ms = 20'001;
    usage_.disk_read_bytes = 0;
  }

  void expect_waited_for() {
    Node here = node(1s, true);
    const FakeAgent agent({kSilence});
    GuestStart start = start_of(here, agent, BootMode::kAgent);
    expect_error(
        [&] { start.await_agent(on_stall_); }, ErrorKind::kGuest,
        StrEq(std::string("image 'teaching-systemd:1' did not answer within 1 s") + kConsole));
  }

  GuestStart::OnStall on_stall_ = GuestStart::OnStall::kReturn;
};

TEST_F(StalledGuestTest, IsGivenBackBeforeItsTimeIsUp) {
  Node here = node(600s, true);
  const FakeAgent agent({kSilence});
  GuestStart start = start_of(here, agent, BootMode::kAgent);
  EXPECT_FALSE(start.await_agent(on_stall_));
}

TEST_F(StalledGuestTest, IsNoneThatAnswers) {
  Node here = node(60s, true);
  const FakeAgent agent({""});
  GuestStart start = start_of(here, agent, BootMode::kAgent);
  EXPECT_TRUE(start.await_agent(on_stall_));
}

TEST_F(StalledGuestTest, HasAllItsTimeTheSecondTime) {
  on_stall_ = GuestStart::OnStall::kWait;
  expect_waited_for();
}

TEST_F(StalledGuestTest, IsNoneThatHasReadItsDisk) {
  usage_.disk_read_bytes = 512;
  expect_waited_for();
}

TEST_F(StalledGuestTest, IsNoneThatHasHadLittleTime) {
  usage_.cpu_time_ms = 20'000;
  Node here = node(600s, true);
  const FakeAgent agent({kSilence, kSilence, ""});
  GuestStart start = start_of(here, agent, BootMode::kAgent);
  EXPECT_TRUE(start.await_agent(on_stall_));
}

TEST_F(StalledGuestTest, SleepsForHalfOfItsTime) {
  usage_.cpu_time_ms = 1;
  Node here = node(2s, true);
  const FakeAgent agent({kSilence});
  GuestStart start = start_of(here, agent, BootMode::kAgent);
  EXPECT_FALSE(start.await_agent(on_stall_));
}

TEST_F(StalledGuestTest, IsNoneOfWhichNothingIsKnown) {
  usage_ = {};
  expect_waited_for();
}

TEST_F(StalledGuestTest, IsLookedForOnQemuAlone) {
  kind_ = HypervisorKind::kXen;
  expect_waited_for();
}

}  // namespace
}  // namespace workspace
