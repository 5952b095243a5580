#include "guest/control_namespace.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

#include "guest/files.h"
#include "guest/report.h"
#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

UniqueFd current_namespace() { return UniqueFd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)); }

/// "Move this link into that namespace", rtnetlink(7).
struct MoveRequest {
  struct nlmsghdr header {};
  struct ifinfomsg link {};
  struct rtattr attribute {};
  std::int32_t namespace_fd = -1;
};

struct MoveAnswer {
  struct nlmsghdr header {};
  struct nlmsgerr error {};
};

/// Goes there for the object's life.
class Visit {
 public:
  Visit(int there, int home) : home_(home) {
    if (::setns(there, CLONE_NEWNET) != 0)
      throw_guest_errno("entering the control link's namespace");
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() {
    // Tasks would start in the wrong namespace.
    if (::setns(home_, CLONE_NEWNET) != 0) std::terminate();
  }

 private:
  int home_;
};

}  // namespace

ControlNamespace::ControlNamespace() : home_(current_namespace()) {
  if (!home_.valid() || ::unshare(CLONE_NEWNET) != 0) {
    report("this kernel has no network namespaces: the job's programs see the control link");
    return;
  }
  own_ = current_namespace();
  if (::setns(home_.get(), CLONE_NEWNET) != 0) throw_guest_errno("leaving a network namespace");
}

void ControlNamespace::take(const std::string& link) const {
  if (!own_.valid()) return;
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) throw_guest_errno("making a netlink socket");
  MoveRequest request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.link.ifi_index = static_cast<int>(::if_nametoindex(link.c_str()));
  request.attribute.rta_len = sizeof request.attribute + sizeof request.namespace_fd;
  request.attribute.rta_type = IFLA_NET_NS_FD;
  request.namespace_fd = own_.get();
  MoveAnswer answer;
  if (::send(socket.get(), &request, sizeof request, 0) != sizeof request ||
      ::recv(socket.get(), &answer, sizeof answer, 0) < static_cast<ssize_t>(sizeof answer.header))
    throw_guest_errno("moving " + link);
  errno = -answer.error.error;
  if (answer.header.nlmsg_type != NLMSG_ERROR || answer.error.error != 0)
    throw_guest_errno("moving " + link + " into a namespace of its own");
}

void ControlNamespace::run(const std::function<void()>& work) const {
  if (!own_.valid()) return work();
  const Visit visit(own_.get(), home_.get());
  work();
}

}  // namespace workspace::agent
