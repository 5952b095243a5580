#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <set>
#include <string>

#include "libworkspace/base/fd.h"
#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// ssh between the job's VMs, for the programs that start their parts on other hosts by it
/// (mpirun): with the job's own keys, as the job's user, over the private network alone. Nothing
/// runs until somebody connects: each connection gets an sshd of its own.
class SshAccess {
 public:
  /// Lays out keys and configuration, and listens on the private network. Of no effect in a job
  /// without one, or without keys, or in an image that has no sshd. A failure is reported and
  /// leaves the job without ssh.
  explicit SshAccess(const GuestConfig& config);

  /// For poll(2); -1 where there is nothing to wait for.
  [[nodiscard]] int fd() const { return listener_.get(); }

  /// Starts an sshd for the connection that has come.
  void accept_one();
  /// A child of the agent has ended.
  void forget(pid_t pid) { servers_.erase(pid); }

 private:
  UniqueFd listener_;
  std::set<pid_t> servers_;
};

/// What sshd(8) reads; nothing of the image's own configuration goes in.
std::string sshd_config_text(const GuestConfig& config);
/// What ssh(1) reads, in front of the image's own.
std::string ssh_config_text(const GuestConfig& config, const std::string& of_image);
std::string authorized_keys_text(const GuestConfig& config);
std::string known_hosts_text(const GuestConfig& config);

}  // namespace workspace::agent
