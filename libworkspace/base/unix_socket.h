#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <string>

namespace workspace {

/// The address of a socket in the file system (unix(7)). Errors: kHost when the path is longer than
/// an address can hold.
struct sockaddr_un unix_address(const std::string& path);

/// Calls bind(2) or connect(2) with it, and returns what that returns.
template <class Call>
int with_unix_address(Call call, int socket, const std::string& path) {
  const struct sockaddr_un address = unix_address(path);
  return call(socket, reinterpret_cast<const struct sockaddr*>(&address), sizeof address);
}

/// The process that is at the other end (SO_PEERCRED): who connected, or who called listen(2);
/// 0 when the kernel does not tell.
pid_t peer_process(int connection);

}  // namespace workspace
