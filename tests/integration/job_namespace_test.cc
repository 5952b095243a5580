#include "libworkspace/network/job_namespace.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "libworkspace/base/process.h"
#include "libworkspace/network/in_namespace.h"
#include "libworkspace/network/link_caps.h"
#include "tests/support/expect_error.h"
#include "tests/support/private_node.h"

namespace workspace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::on_private_node;
using testing::output_of;

constexpr char kNamespaceFile[] = "/run/netns/ws-42";

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

JobNamespace qemu_job() { return {JobId(42), HypervisorKind::kQemu}; }
JobNamespace xen_job() { return {JobId(42), HypervisorKind::kXen}; }

std::string sysctl(const std::string& name) {
  std::string value;
  std::getline(std::ifstream("/proc/sys/net/" + name), value);
  return value;
}

bool is_alive(pid_t pid) {
  // A child of this process stays as a zombie until it is waited for.
  return ::waitpid(pid, nullptr, WNOHANG) == 0;
}

pid_t start_in(const JobNamespace& job, std::vector<std::string> argv) {
  const UniqueFd fd = job.open();
  Command command;
  command.argv = std::move(argv);
  command.network_namespace_fd = fd.get();
  return start_detached(command, "");
}

/// Both ends of a TCP connection over the loopback of the calling thread's namespace.
std::pair<UniqueFd, UniqueFd> connected_pair() {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct sockaddr_in address {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<struct sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), generic, size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), generic, &size), 0);
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(client.get(), generic, size), 0);
  return {std::move(client), UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC))};
}

TEST(JobNamespaceTest, ATapIsMadeDownOnTheNodeAndMovedWhenTheDomainIsThere) {
  on_private_node([] {
    const JobNamespace job = qemu_job();
    job.create(soon());
    EXPECT_THAT(output_of({"ip", "-o", "link", "show", "dev", "ws42"}), HasSubstr("state DOWN"));

    job.connect_guest(soon());
    EXPECT_EQ(::if_nametoindex("ws42"), 0U);
    EXPECT_THAT(output_of({"ip", "-n", "ws-42", "-o", "address", "show", "dev", "ws42"}),
                AllOf(HasSubstr("169.254.77.1/30"), Not(HasSubstr("inet6"))));
    EXPECT_THAT(output_of({"ip", "-n", "ws-42", "neighbour"}),
                HasSubstr("169.254.77.2 dev ws42 lladdr 52:54:00:77:00:02 PERMANENT"));
    EXPECT_THAT(output_of({"ip", "-n", "ws-42", "-o", "link", "show", "up"}),
                AllOf(HasSubstr("lo:"), HasSubstr("ws42:")));
    in_namespace(job.open().get(), [] {
      EXPECT_EQ(sysctl("ipv4/ip_forward"), "0");
      EXPECT_EQ(sysctl("ipv6/conf/ws42/disable_ipv6"), "1");
    });

    job.remove(soon());
    EXPECT_THAT(JobNamespace::list(), IsEmpty());
  });
}

TEST(JobNamespaceTest, ItsLinksAreCappedAndGoWithIt) {
  on_private_node([] {
    const JobNamespace job = qemu_job();
    job.create(soon());
    job.connect_guest(soon());
    cap_links(JobId(42), job.open().get(), {1 << 10, 2 << 10}, soon());
    const std::string queues = output_of({"tc", "-n", "ws-42", "qdisc"});
    EXPECT_THAT(queues, AllOf(HasSubstr("dev cap-in root"), HasSubstr("rate 8388Kbit"),
                              HasSubstr("dev cap-out root"), HasSubstr("rate 16777Kbit"),
                              HasSubstr("clsact ffff: dev ws42")));
    EXPECT_THAT(output_of({"tc", "-n", "ws-42", "filter", "show", "dev", "ws42", "ingress"}),
                HasSubstr("Egress Redirect to device cap-out"));
    EXPECT_THAT(output_of({"tc", "-n", "ws-42", "filter", "show", "dev", "ws42", "egress"}),
                HasSubstr("Egress Redirect to device cap-in"));
    job.remove(soon());
    EXPECT_EQ(::if_nametoindex("cap-in"), 0U);
    EXPECT_NE(::access(kNamespaceFile, F_OK), 0);
  });
}

TEST(JobNamespaceTest, ListTellsTheJobsOfNamespacesAndOfTaps) {
  on_private_node([] {
    xen_job().create(soon());
    output_of({"ip", "netns", "add", "ws-7"});
    output_of({"ip", "netns", "add", "somebody-else"});
    output_of({"ip", "tuntap", "add", "dev", "ws9", "mode", "tap"});
    output_of({"ip", "tuntap", "add", "dev", "wsother", "mode", "tap"});
    EXPECT_THAT(JobNamespace::list(), ElementsAre(JobId(7), JobId(9), JobId(42)));
  });
}

TEST(JobNamespaceTest, RemoveTakesWhatAnyStepLeft) {
  on_private_node([] {
    qemu_job().remove(soon());  // nothing was ever there

    qemu_job().create(soon());  // the tap is still on the node
    qemu_job().remove(soon());
    EXPECT_EQ(::if_nametoindex("ws42"), 0U);
    EXPECT_NE(::access(kNamespaceFile, F_OK), 0);

    const std::ofstream half_made(kNamespaceFile);  // `ip netns add` died before its mount
    qemu_job().remove(soon());
    EXPECT_NE(::access(kNamespaceFile, F_OK), 0);
    qemu_job().remove(soon());
  });
}

TEST(JobNamespaceTest, CreateStartsAfreshWhereAnEarlierTryEnded) {
  on_private_node([] {
    qemu_job().create(soon());
    qemu_job().connect_guest(soon());
    qemu_job().create(soon());
    EXPECT_THAT(output_of({"ip", "-n", "ws-42", "-o", "link"}), Not(HasSubstr("ws42")));
    EXPECT_NE(::if_nametoindex("ws42"), 0U);
  });
}

TEST(JobNamespaceTest, RemoveEndsTheJobsProcessesAndNoOther) {
  on_private_node([] {
    const JobNamespace job = xen_job();
    const JobNamespace other(JobId(43), HypervisorKind::kXen);
    job.create(soon());
    other.create(soon());
    const pid_t server = start_in(job, {"sleep", "60"});
    const pid_t stubborn = start_in(job, {"sh", "-c", "trap '' TERM; sleep 60; sleep 60"});
    const pid_t others = start_in(other, {"sleep", "60"});

    job.remove(soon());
    EXPECT_FALSE(is_alive(server));
    EXPECT_FALSE(is_alive(stubborn));
    EXPECT_TRUE(is_alive(others));
    EXPECT_THAT(JobNamespace::list(), ElementsAre(JobId(43)));
    other.remove(soon());
    EXPECT_FALSE(is_alive(others));
  });
}

char state_of(pid_t pid) {
  std::string stat;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), stat);
  return stat.at(stat.rfind(')') + 2);
}

TEST(JobNamespaceTest, ItsProcessesStopAndContinueAndEndStopped) {
  on_private_node([] {
    const JobNamespace job = xen_job();
    job.create(soon());
    const pid_t server = start_in(job, {"sleep", "60"});
    job.stop_processes();
    // It was sent before the call came back, and is acted upon when the process is next scheduled.
    EXPECT_EQ(::waitpid(server, nullptr, WUNTRACED), server);
    EXPECT_EQ(state_of(server), 'T');
    job.continue_processes();
    EXPECT_EQ(::waitpid(server, nullptr, WCONTINUED), server);
    EXPECT_NE(state_of(server), 'T');
    job.stop_processes();
    EXPECT_EQ(::waitpid(server, nullptr, WUNTRACED), server);
    job.remove(soon());
    EXPECT_FALSE(is_alive(server));
  });
}

TEST(JobNamespaceTest, WaitsUntilWhatWasSentIsAcknowledged) {
  on_private_node([] {
    const JobNamespace job = xen_job();
    job.create(soon());
    output_of({"ip", "-n", "ws-42", "link", "set", "lo", "up"});
    std::pair<UniqueFd, UniqueFd> sockets;
    in_namespace(job.open().get(), [&] { sockets = connected_pair(); });
    ASSERT_EQ(::send(sockets.first.get(), "x", 1, 0), 1);
    const Deadline deadline = soon();
    job.await_acknowledgement(deadline);
    EXPECT_FALSE(deadline.passed());
    // A link that is down acknowledges nothing.
    output_of({"ip", "-n", "ws-42", "link", "set", "lo", "down"});
    ASSERT_EQ(::send(sockets.first.get(), "x", 1, 0), 1);
    const Deadline short_one = Deadline::in(std::chrono::milliseconds(100));
    job.await_acknowledgement(short_one);
    EXPECT_TRUE(short_one.passed());
    job.remove(soon());
  });
}

TEST(JobNamespaceTest, RemoveEndsSocketsThatProcessesElsewhereHold) {
  on_private_node([] {
    const JobNamespace job = xen_job();
    job.create(soon());
    output_of({"ip", "-n", "ws-42", "link", "set", "lo", "up"});
    std::pair<UniqueFd, UniqueFd> sockets;
    in_namespace(job.open().get(), [&] { sockets = connected_pair(); });

    job.remove(soon());
    struct pollfd entry {
      sockets.first.get(), POLLIN, 0
    };
    EXPECT_EQ(::poll(&entry, 1, 1000), 1);
    EXPECT_TRUE(entry.revents & (POLLHUP | POLLERR));
  });
}

TEST(JobNamespaceTest, TheNodesOwnNamespaceIsNeverTornDown) {
  on_private_node([] {
    std::ofstream(kNamespaceFile).close();
    ASSERT_EQ(::mount("/proc/thread-self/ns/net", kNamespaceFile, nullptr, MS_BIND, nullptr), 0);
    expect_error([] { qemu_job().remove(soon()); }, ErrorKind::kHost,
                 "the job's namespace is the node's own");
    ::umount(kNamespaceFile);
  });
}

TEST(JobNamespaceTest, ErrorsNameWhatIsMissing) {
  on_private_node([] {
    expect_error([] { static_cast<void>(qemu_job().open()); }, ErrorKind::kNotFound,
                 "there is no network namespace ws-42");
    xen_job().create(soon());
    expect_error([] { xen_job().connect_guest(soon()); }, ErrorKind::kHost,
                 "the domain's network link is not in the job's namespace");
    expect_error([] { qemu_job().connect_guest(soon()); }, ErrorKind::kHost,
                 "ip link set dev ws42 netns ws-42: Cannot find device \"ws42\"");
    xen_job().remove(soon());
  });
}

}  // namespace
}  // namespace workspace
