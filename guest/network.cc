#include "guest/network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "guest/files.h"
#include "guest/machine.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"

namespace workspace::agent {
namespace {

/// Xen's front end finds its NIC some time after the driver was loaded.
constexpr std::chrono::seconds kNicAppears(10);

class Interface {
 public:
  explicit Interface(const std::string& name)
      : name_(name), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (!socket_.valid()) throw_guest_errno("making a socket");
    name_.copy(request_.ifr_name, sizeof request_.ifr_name - 1);
  }

  void set_address(unsigned long which, const struct in_addr& address) {
    struct sockaddr_in value {};
    value.sin_family = AF_INET;
    value.sin_addr = address;
    std::memcpy(&request_.ifr_addr, &value, sizeof value);
    control(which, "setting an address of ");
  }

  void up() {
    control(SIOCGIFFLAGS, "reading the flags of ");
    request_.ifr_flags = static_cast<short>(request_.ifr_flags | IFF_UP | IFF_RUNNING);
    control(SIOCSIFFLAGS, "bringing up ");
  }

 private:
  void control(unsigned long what, const char* text) {
    if (::ioctl(socket_.get(), what, &request_) != 0) throw_guest_errno(text + name_);
  }

  std::string name_;
  UniqueFd socket_;
  struct ifreq request_ {};
};

}  // namespace

void set_up_network(const GuestConfig& config) {
  Interface("lo").up();
  struct in_addr address {};
  if (::inet_pton(AF_INET, config.guest_address.c_str(), &address) != 1)
    throw Error(ErrorKind::kInvalid, "'" + config.guest_address + "' is not an IPv4 address");
  const std::uint32_t host_bits =
      config.prefix_length >= 32 ? 0 : UINT32_MAX >> config.prefix_length;
  struct in_addr mask {};
  mask.s_addr = htonl(~host_bits);

  Interface nic(wait_for_nic(kNicAppears));
  nic.set_address(SIOCSIFADDR, address);
  nic.set_address(SIOCSIFNETMASK, mask);
  nic.up();
}

void name_host(const GuestConfig& config) {
  if (::sethostname(config.hostname.data(), config.hostname.size()) != 0)
    throw_guest_errno("setting the host's name to " + config.hostname);
  make_folders("/etc");
  replace_file("/etc/hostname", config.hostname + "\n", 0644);
  replace_file(
      "/etc/hosts",
      "127.0.0.1 localhost\n::1 localhost\n" + config.guest_address + " " + config.hostname + "\n",
      0644);
}

}  // namespace workspace::agent
