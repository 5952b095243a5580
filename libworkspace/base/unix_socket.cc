#include "libworkspace/base/unix_socket.h"

#include "libworkspace/base/error.h"

namespace workspace {

struct sockaddr_un unix_address(const std::string& path) {
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw Error(ErrorKind::kHost, "the path is too long for a socket: " + path);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

pid_t peer_process(int connection) {
  struct ucred peer {};
  socklen_t length = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return 0;
  return peer.pid;
}

}  // namespace workspace
