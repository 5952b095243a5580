#pragma once

#include <poll.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "guest/user.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/frame_socket.h"

namespace workspace::agent {

/// Where the programs of one task ask for Slurm's commands: a socket in the guest's file system. A
/// caller speaks as the node does when it starts a task; the door gives it a channel of the task's
/// connection and passes its frames on. The bounds that matter are the node's; here a caller that
/// sends too much, or does not read, is let go.
class CommandDoor {
 public:
  /// Only processes of `user`, and of root, may call. Errors: kGuest.
  CommandDoor(const std::string& path, const User& user);
  CommandDoor(const CommandDoor&) = delete;
  CommandDoor& operator=(const CommandDoor&) = delete;
  ~CommandDoor();

  /// Appends what poll(2) is to look for, and serves it; nothing else may happen between the two.
  void add_poll_entries(std::vector<struct pollfd>& entries, const FrameSocket& node) const;
  void serve(const std::vector<struct pollfd>& entries, std::size_t first, FrameSocket& node);

  /// Takes a frame of the node's for a channel from kFirstCommandChannel on.
  void handle(const Frame& frame);

  /// The socket's path for the task that process `server` serves.
  static std::string path_for(pid_t server);
  static constexpr char kFolder[] = "/run/workspace";
  /// Names the socket to a task's programs where no cgroup tells them which task they are of.
  static constexpr char kVariable[] = "WORKSPACE_COMMANDS";

 private:
  struct Caller {
    explicit Caller(UniqueFd fd) : socket(std::move(fd)) {}
    FrameSocket socket;
    bool has_asked = false;  ///< the node knows of the channel
    bool gone = false;       ///< and must still tell its end
    bool answered = false;   ///< the node has told the end; what is queued is still to be sent
  };

  void accept_one();
  void serve_caller(std::uint8_t channel, Caller& caller, FrameSocket& node);
  void let_go(std::uint8_t channel, Caller& caller, FrameSocket& node);
  [[nodiscard]] std::optional<std::uint8_t> free_channel() const;

  std::string path_;
  User user_;
  UniqueFd listener_;
  std::map<std::uint8_t, Caller> callers_;
};

}  // namespace workspace::agent
