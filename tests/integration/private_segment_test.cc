// The private network between two nodes, each a network namespace of its own, joined by a cable.

#include "libworkspace/network/private_segment.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "libworkspace/network/in_namespace.h"
#include "libworkspace/network/job_namespace.h"
#include "libworkspace/network/namespace_links.h"
#include "libworkspace/network/underlay.h"
#include "tests/support/expect_error.h"
#include "tests/support/private_node.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::on_private_node;
using testing::output_of;
using ::testing::UnorderedElementsAre;

constexpr auto kKind = HypervisorKind::kQemu;
constexpr std::uint16_t kFirstPort = 14789;
constexpr std::uint16_t kGuestPort = 5000;

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

PrivateNetwork network_of(JobId job, const char* own_name) {
  auto network = lay_out_private_network(job, {{"node1", "10.77.0.1"}, {"node2", "10.77.0.2"}},
                                         own_name, PrivateSubnet::parse("10.200.0.0/16"),
                                         VxlanId::of(job, kFirstPort), kKind);
  network.mtu_bytes = 1450;
  return network;
}

UniqueFd udp_socket(const char* address, std::uint16_t port) {
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  struct sockaddr_in own {};
  own.sin_family = AF_INET;
  own.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &own.sin_addr);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const struct sockaddr*>(&own), sizeof own), 0);
  return socket;
}

void send_to(int socket, const char* address, std::uint16_t port, std::string_view bytes) {
  struct sockaddr_in to {};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &to.sin_addr);
  ::sendto(socket, bytes.data(), bytes.size(), 0, reinterpret_cast<const struct sockaddr*>(&to),
           sizeof to);
}

/// A node with namespaces of its own, which live as long as the object.
class TestNode {
 public:
  TestNode(const char* name, const char* address) : name_(name), address_(address) {
    on_private_node([&] {
      network_ = open_namespace("net");
      mounts_ = open_namespace("mnt");
    });
  }

  /// Does it on the node and waits for its end.
  void run(const std::function<void()>& work) const {
    std::exception_ptr failure;
    std::thread([&] {
      try {
        // A thread that shares its root and working directory with others may not change its
        // mounts.
        if (::unshare(CLONE_FS) != 0 || ::setns(mounts_.get(), CLONE_NEWNS) != 0 ||
            ::setns(network_.get(), CLONE_NEWNET) != 0)
          throw_errno("entering a test's node");
        work();
      } catch (...) {
        failure = std::current_exception();
      }
    }).join();
    if (failure) std::rethrow_exception(failure);
  }

  void connect(const TestNode& other) const {
    const std::string there =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(other.network_.get());
    run([&] {
      output_of(
          {"ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", there});
    });
    for (const TestNode* node : {this, &other}) {
      node->run([&] {
        output_of({"ip", "address", "add", std::string(node->address_) + "/24", "dev", "cable"});
        output_of({"ip", "link", "set", "dev", "cable", "up"});
      });
    }
  }

  /// This node's part of the job's network; a namespace that stands for the guest hangs on its
  /// bridge by a cable in place of a tap.
  void start(JobId job) const {
    run([&] {
      const PrivateNetwork network = network_of(job, name_);
      const PrivateSegment segment(network, kKind);
      JobNamespace(job, kKind).create(soon());
      segment.create(soon());
      segment.connect_guest(soon());
      const std::string guest = "guest" + job.to_string();
      const std::string space = namespace_name(job);
      output_of({"ip", "netns", "add", guest});
      output_of({"ip", "-n", space, "link", "add", "port", "type", "veth", "peer", "name", "eth0",
                 "address", network.own.guest_mac, "netns", guest});
      output_of({"ip", "-n", space, "link", "set", "dev", "port", "master", "private", "up"});
      output_of(
          {"ip", "-n", guest, "address", "add", network.own.guest_address + "/16", "dev", "eth0"});
      output_of({"ip", "-n", guest, "link", "set", "dev", "eth0", "mtu", "1450", "up"});
    });
  }

  [[nodiscard]] UniqueFd guest_socket(JobId job) const {
    UniqueFd socket;
    run([&] {
      const UniqueFd space(
          ::open(("/run/netns/guest" + job.to_string()).c_str(), O_RDONLY | O_CLOEXEC));
      in_namespace(space.get(), [&] {
        socket = udp_socket(network_of(job, name_).own.guest_address.c_str(), kGuestPort);
      });
    });
    return socket;
  }

  /// A socket of a program on the node itself.
  [[nodiscard]] UniqueFd node_socket(const char* address, std::uint16_t port) const {
    UniqueFd socket;
    run([&] { socket = udp_socket(address, port); });
    return socket;
  }

  [[nodiscard]] std::vector<std::string> links() const {
    std::vector<std::string> names;
    run([&] { names = link_names(); });
    return names;
  }

 private:
  static UniqueFd open_namespace(const std::string& kind) {
    return UniqueFd(::open(("/proc/thread-self/ns/" + kind).c_str(), O_RDONLY | O_CLOEXEC));
  }

  const char* name_;
  const char* address_;
  UniqueFd network_;
  UniqueFd mounts_;
};

class PrivateSegmentTest : public ::testing::Test {
 protected:
  PrivateSegmentTest() { node1_.connect(node2_); }

  const TestNode node1_{"node1", "10.77.0.1"};
  const TestNode node2_{"node2", "10.77.0.2"};
};

/// What comes within the time; nothing else.
std::string receive(int socket, int timeout_ms) {
  struct pollfd entry {
    socket, POLLIN, 0
  };
  if (::poll(&entry, 1, timeout_ms) != 1) return "";
  char bytes[2048];
  const ssize_t got = ::recv(socket, bytes, sizeof bytes, 0);
  return {bytes, got > 0 ? static_cast<std::size_t>(got) : 0};
}

constexpr int kComesMs = 10000;
constexpr int kStaysAwayMs = 300;

/// Sends until the text comes: what is sent while the kernel still asks for the receiver's MAC may
/// be lost.
bool reaches(int from, const char* address, int to, const std::string& text) {
  for (const Deadline deadline = Deadline::in(std::chrono::seconds(20)); !deadline.passed();) {
    send_to(from, address, kGuestPort, text);
    for (std::string got = receive(to, 200); !got.empty(); got = receive(to, 0))
      if (got == text) return true;
  }
  return false;
}

TEST_F(PrivateSegmentTest, GuestsOfAJobReachEachOther) {
  const JobId job(42);
  node1_.start(job);
  const UniqueFd first = node1_.guest_socket(job);
  // The peer's prolog is not done yet: nothing is lost but the packet.
  send_to(first.get(), "10.200.0.2", kGuestPort, "early");
  node2_.start(job);
  const UniqueFd second = node2_.guest_socket(job);
  // As large as the MTU lets it be: 1450 less the headers of IPv4 and UDP.
  const std::string large(1422, 'x');
  EXPECT_TRUE(reaches(first.get(), "10.200.0.2", second.get(), large));
  EXPECT_TRUE(reaches(second.get(), "10.200.0.1", first.get(), "back"));
}

TEST_F(PrivateSegmentTest, TwoJobsNeverMeet) {
  // The same VNI, for the numbers differ only above its bits.
  const JobId one(42);
  const JobId other(0x100002a);
  node1_.start(one);
  node2_.start(other);
  const UniqueFd first = node1_.guest_socket(one);
  const UniqueFd second = node2_.guest_socket(other);
  send_to(first.get(), "10.200.0.2", kGuestPort, "hello");
  EXPECT_EQ(receive(second.get(), kStaysAwayMs), "");
  node2_.start(one);
  const UniqueFd peer = node2_.guest_socket(one);
  EXPECT_TRUE(reaches(first.get(), "10.200.0.2", peer.get(), "hello"));
  EXPECT_EQ(receive(second.get(), kStaysAwayMs), "");
}

/// A VXLAN packet that carries a broadcast of UDP to the guest, as a program on the node could
/// make.
std::string forged_packet(const VxlanId& vxlan, const char* text) {
  std::string packet{'\x08', 0, 0, 0};
  for (const int shift : {16, 8, 0}) packet += static_cast<char>(vxlan.vni >> shift & 0xff);
  packet += '\0';
  const std::string payload = text;
  packet += std::string(6, '\xff') + std::string("\x02\0\0\0\0\x99\x08\0", 8);
  const auto length16 = [](std::size_t n) {
    return std::string{static_cast<char>(n >> 8), static_cast<char>(n & 0xff)};
  };
  std::string ip = std::string("\x45\0", 2) + length16(28 + payload.size()) +
                   std::string("\0\0\0\0\x40\x11\0\0\x0a\xc8\0\x09\x0a\xc8\0\x01", 16);
  unsigned sum = 0;
  for (std::size_t i = 0; i < ip.size(); i += 2)
    sum += static_cast<unsigned char>(ip[i]) << 8 | static_cast<unsigned char>(ip[i + 1]);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  ip.replace(10, 2, length16(~sum & 0xffff));
  return packet + ip + length16(9) + length16(kGuestPort) + length16(8 + payload.size()) +
         std::string(2, '\0') + payload;
}

/// The kernel's VXLAN takes a packet from anybody. Only what a peer's root can send comes through.
TEST_F(PrivateSegmentTest, PacketsThatNoPeersKernelSentAreDropped) {
  const JobId job(42);
  const VxlanId vxlan = VxlanId::of(job, kFirstPort);
  node1_.start(job);
  const UniqueFd guest = node1_.guest_socket(job);
  node2_.run([] { output_of({"ip", "address", "add", "10.77.0.9/24", "dev", "cable"}); });
  const struct {
    const TestNode& from;
    const char* address;
    std::uint16_t port;
    const char* text;
    bool comes;
  } cases[] = {
      {node2_, "10.77.0.2", 600, "from a peer's kernel", true},
      {node2_, "10.77.0.2", 1024, "from a peer's user", false},
      {node2_, "10.77.0.2", 40000, "from a peer's user", false},
      {node2_, "10.77.0.9", 600, "from no node of the job", false},
      {node1_, "10.77.0.1", 40000, "from the node's own user", false},
      {node2_, "10.77.0.2", 601, "from a peer's kernel again", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const UniqueFd socket = c.from.node_socket(c.address, c.port);
    send_to(socket.get(), "10.77.0.1", vxlan.udp_port, forged_packet(vxlan, c.text));
    EXPECT_EQ(receive(guest.get(), c.comes ? kComesMs : kStaysAwayMs), c.comes ? c.text : "");
  }
}

TEST_F(PrivateSegmentTest, NothingOfTheNodeIsOnTheNetwork) {
  const JobId job(42);
  node1_.start(job);
  node2_.start(job);
  node1_.run([&] {
    EXPECT_EQ(output_of({"ip", "-n", "ws-42", "-o", "address", "show", "dev", "private"}), "");
    EXPECT_EQ(output_of({"ip", "-n", "ws-42", "-o", "address", "show", "dev", "vxlan"}), "");
  });
  // A neighbour that asks for the control link's address, which every job's namespace has.
  node1_.run([] {
    output_of({"ip", "-n", "ws-42", "link", "set", "dev", "lo", "up"});
    output_of({"ip", "-n", "ws-42", "address", "add", "169.254.77.1/30", "dev", "lo"});
  });
  node2_.run([] {
    output_of({"ip", "-n", "guest42", "address", "add", "169.254.77.2/24", "dev", "eth0"});
  });
  UniqueFd asking;
  node2_.run([&] {
    const UniqueFd space(::open("/run/netns/guest42", O_RDONLY | O_CLOEXEC));
    in_namespace(space.get(), [&] { asking = udp_socket("169.254.77.2", 0); });
  });
  send_to(asking.get(), "169.254.77.1", 9, "anybody there?");
  ::poll(nullptr, 0, kStaysAwayMs);
  node2_.run([] {
    EXPECT_THAT(output_of({"ip", "-n", "guest42", "neighbour", "show", "169.254.77.1"}),
                Not(HasSubstr("lladdr")));
  });
}

TEST_F(PrivateSegmentTest, TheEndLeavesNothing) {
  const JobId job(42);
  const JobNamespace space(job, kKind);
  node1_.start(job);
  node1_.run([&] {
    EXPECT_THAT(output_of({"nft", "list", "tables"}), HasSubstr("table ip workspace-42"));
    output_of({"ip", "netns", "del", "guest42"});
    space.remove(soon());
    EXPECT_EQ(output_of({"nft", "list", "tables"}), "");
    EXPECT_THAT(JobNamespace::list(), IsEmpty());
  });
  EXPECT_THAT(node1_.links(), UnorderedElementsAre("cable"));
  // The same job again, at once: its VXLAN and its socket are free.
  node1_.start(job);
  node1_.run([&] { space.remove(soon()); });
  EXPECT_THAT(node1_.links(), UnorderedElementsAre("cable"));
}

/// What a prolog that was killed half-way leaves.
TEST_F(PrivateSegmentTest, RemoveTakesWhatAnyStepLeft) {
  const JobId job(42);
  const JobNamespace space(job, kKind);
  node1_.run([&] {
    space.create(soon());
    PrivateSegment(network_of(job, "node1"), kKind).create(soon());  // its tap is on the node
    EXPECT_THAT(link_names(), UnorderedElementsAre("cable", "ws42", "wsp42"));
    space.remove(soon());
    EXPECT_THAT(link_names(), UnorderedElementsAre("cable"));

    space.create(soon());
    output_of({"ip", "-n", "ws-42", "link", "add", "private", "type", "bridge"});
    space.remove(soon());  // no guard yet
    EXPECT_THAT(link_names(), UnorderedElementsAre("cable"));

    output_of({"ip", "tuntap", "add", "dev", "wsp7", "mode", "tap"});
    EXPECT_THAT(JobNamespace::list(), UnorderedElementsAre(JobId(7)));
    JobNamespace(JobId(7), kKind).remove(soon());
    EXPECT_THAT(link_names(), UnorderedElementsAre("cable"));
  });
}

TEST_F(PrivateSegmentTest, TheMtuIsThatOfTheWay) {
  node1_.run([] {
    EXPECT_EQ(mtu_bytes_to("10.77.0.2"), 1500U);
    output_of({"ip", "link", "set", "dev", "cable", "mtu", "9000"});
    EXPECT_EQ(mtu_bytes_to("10.77.0.2"), 9000U);
    EXPECT_EQ(ipv4_address_of_node("10.77.0.2", soon()), "10.77.0.2");
    expect_error([] { mtu_bytes_to("192.0.2.1"); }, ErrorKind::kHost,
                 "finding the way to 192.0.2.1: Network is unreachable");
    expect_error([] { ipv4_address_of_node("no-such-node.invalid", soon()); }, ErrorKind::kHost,
                 HasSubstr("the node's address 'no-such-node.invalid' has no IPv4 address: "));
  });
}

}  // namespace
}  // namespace workspace
