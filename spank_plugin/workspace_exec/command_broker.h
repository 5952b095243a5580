#pragma once

#include <poll.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/task_intake.h"
#include "spank_plugin/workspace_exec/host_command.h"
#include "spank_plugin/workspace_exec/host_process.h"

namespace workspace::exec {

/// Runs commands of Slurm's on the node for the programs of one task, each on a channel of the
/// task's connection (protocol.h). It is the user who runs them, inside the job: no right is gained
/// by it, and the guest is hostile all the same. What it sends is bounded in number and in size,
/// and what breaks the rules of a channel ends that channel, with one line, and nothing else.
class CommandBroker {
 public:
  explicit CommandBroker(HostCommandRules rules) : rules_(std::move(rules)) {}

  /// Takes a frame of a channel from kFirstCommandChannel on.
  void handle(const Frame& frame, FrameSocket& socket);

  /// Appends what poll(2) is to look for, and serves it; nothing else may happen between the two.
  void add_poll_entries(std::vector<struct pollfd>& entries, const FrameSocket& socket) const;
  void serve(const std::vector<struct pollfd>& entries, std::size_t first, FrameSocket& socket);
  /// How long poll(2) may wait at most; -1 for ever.
  [[nodiscard]] int poll_ms() const;

  /// The task has ended: what it asked for ends too, as slurmstepd ends the rest of a task.
  void end();

  /// What all requests that are not complete yet may hold together.
  static constexpr std::size_t kMaxIntakeBytes = std::size_t{16} << 20;

 private:
  struct Channel {
    std::optional<TaskIntake> intake;      ///< until kStart
    std::unique_ptr<HostProcess> process;  ///< from then on
    std::optional<Deadline> killed_at;     ///< its caller is gone
  };

  void take_request(std::uint8_t number, const Frame& frame, FrameSocket& socket);
  void control(Channel& channel, const Frame& frame) const;
  void refuse(std::uint8_t number, const std::string& why, FrameSocket& socket);
  [[nodiscard]] std::size_t intake_bytes() const;

  HostCommandRules rules_;
  std::map<std::uint8_t, Channel> channels_;
};

}  // namespace workspace::exec
