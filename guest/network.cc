#include "guest/network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "guest/files.h"
#include "guest/hosts_file.h"
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

  void set_mtu(std::uint32_t bytes) {
    request_.ifr_mtu = static_cast<int>(bytes);
    control(SIOCSIFMTU, "setting the MTU of ");
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

struct in_addr parse_address(const std::string& text) {
  struct in_addr address {};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1)
    throw Error(ErrorKind::kInvalid, "'" + text + "' is not an IPv4 address");
  return address;
}

struct in_addr network_mask(std::uint32_t prefix_length) {
  const std::uint32_t host_bits = prefix_length >= 32 ? 0 : UINT32_MAX >> prefix_length;
  struct in_addr mask {};
  mask.s_addr = htonl(~host_bits);
  return mask;
}

void bring_up(const std::string& name, const std::string& address, std::uint32_t prefix_length) {
  Interface nic(name);
  nic.set_address(SIOCSIFADDR, parse_address(address));
  nic.set_address(SIOCSIFNETMASK, network_mask(prefix_length));
  nic.up();
}

}  // namespace

void set_up_network(const GuestConfig& config, const ControlNamespace& control) {
  Interface("lo").up();
  const std::string control_nic = wait_for_nic(config.control_mac, kNicAppears);
  control.take(control_nic);
  control.run([&] { bring_up(control_nic, config.guest_address, config.prefix_length); });
  if (!config.private_nic) return;
  const std::string nic = wait_for_nic(config.private_nic->mac, kNicAppears);
  Interface(nic).set_mtu(config.private_nic->mtu_bytes);
  bring_up(nic, config.private_nic->address, config.private_nic->prefix_length);
}

void name_host(const GuestConfig& config) {
  if (::sethostname(config.hostname.data(), config.hostname.size()) != 0)
    throw_guest_errno("setting the host's name to " + config.hostname);
  make_folders("/etc");
  replace_file("/etc/hostname", config.hostname + "\n", 0644);
  replace_file("/etc/hosts", hosts_text(config), 0644);
}

}  // namespace workspace::agent
