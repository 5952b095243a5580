#include "libworkspace/network/underlay.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>

#include "libworkspace/base/bounded_call.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"

namespace workspace {
namespace {

std::string resolve(const std::string& name) {
  struct addrinfo wanted {};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_DGRAM;
  struct addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(name.c_str(), nullptr, &wanted, &found);
  if (failure != 0) {
    throw Error(ErrorKind::kHost, "the node's address '" + name +
                                      "' has no IPv4 address: " + ::gai_strerror(failure) +
                                      "; private_network: none does without");
  }
  const std::unique_ptr<struct addrinfo, void (*)(struct addrinfo*)> owner(found, &::freeaddrinfo);
  char text[INET_ADDRSTRLEN];
  const auto* const address = reinterpret_cast<const struct sockaddr_in*>(found->ai_addr);
  return ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
}

}  // namespace

std::string ipv4_address_of_node(const std::string& node_address, Deadline deadline) {
  return bounded_call<std::string>("looking up the address '" + node_address + "'", deadline,
                                   [node_address] { return resolve(node_address); });
}

std::uint32_t mtu_bytes_to(const std::string& ipv4_address) {
  // Connecting a datagram socket sends nothing: it only chooses the route.
  constexpr std::uint16_t kAnyPort = 9;
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) throw_errno("making a socket");
  struct sockaddr_in to {};
  to.sin_family = AF_INET;
  to.sin_port = htons(kAnyPort);
  if (::inet_pton(AF_INET, ipv4_address.c_str(), &to.sin_addr) != 1)
    throw Error(ErrorKind::kHost, "'" + ipv4_address + "' is not an IPv4 address");
  if (::connect(socket.get(), reinterpret_cast<const struct sockaddr*>(&to), sizeof to) != 0)
    throw_errno("finding the way to " + ipv4_address);
  int mtu = 0;
  socklen_t size = sizeof mtu;
  if (::getsockopt(socket.get(), IPPROTO_IP, IP_MTU, &mtu, &size) != 0)
    throw_errno("asking for the MTU of the way to " + ipv4_address);
  return static_cast<std::uint32_t>(mtu);
}

}  // namespace workspace
