#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libworkspace/model/job_names.h"

namespace workspace {

/// How the image's root file system is to be mounted.
enum class RootFormat { kSquashfs, kExt4 };

std::string_view name_of(RootFormat format);
/// Errors: kInvalid.
RootFormat parse_root_format(std::string_view text);

/// The guest's NIC on the job's private network.
struct GuestPrivateNic {
  std::string mac;
  std::string address;  ///< IPv4
  std::uint32_t prefix_length = 0;
  std::uint32_t mtu_bytes = 0;

  bool operator==(const GuestPrivateNic&) const = default;
};

/// The keys by which the job's VMs, and nobody else, reach each other's sshd: OpenSSH's text forms.
struct GuestSshKeys {
  std::string user_private;
  std::string user_public;
  std::string host_private;
  std::string host_public;

  bool operator==(const GuestSshKeys&) const = default;
};

/// What the image and the job say about the environment and the folder that each task starts in.
struct GuestTaskRules {
  std::string image;                                           ///< NAME:VERSION
  std::vector<std::pair<std::string, std::string>> image_env;  ///< by name; values of one line
  std::vector<std::string> outside_variables;                  ///< as they are outside
  std::string working_directory;                               ///< the job's; empty: not said
  std::string image_working_directory;                         ///< the image's; empty: none

  bool operator==(const GuestTaskRules&) const = default;
};

/// What the guest agent is told before it has a network: one file in a small cpio archive behind
/// the site's initrd. The token in it is the host's proof of identity to the agent.
struct GuestConfig {
  explicit GuestConfig(JobId id) : job(id) {}

  JobId job;
  std::string hostname;
  std::string token;        ///< 64 hexadecimal digits
  std::string control_mac;  ///< of the NIC that the agent answers at
  std::string guest_address;
  std::uint32_t prefix_length = 30;
  std::uint16_t port = 0;
  std::optional<GuestPrivateNic> private_nic;
  /// The job's nodes on the private network, name and address; empty without one.
  std::vector<std::pair<std::string, std::string>> hosts;
  std::optional<GuestSshKeys> ssh_keys;

  std::string root_device;  ///< such as `vda`, under /dev
  RootFormat root_format = RootFormat::kSquashfs;
  std::vector<std::string> layer_devices;  ///< squashfs, from the one next to the root upwards
  std::string scratch_device;

  std::string user_name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
  std::string shell;
  std::vector<std::pair<std::string, std::uint32_t>> groups;  ///< name and gid, the primary first
  bool root_inside = false;                                   ///< tasks are root, not this user
  bool own_init = false;        ///< the image's init is PID 1, the agent beside it
  bool mounts_folders = false;  ///< folders of the node will be mounted
  GuestTaskRules task_rules;

  [[nodiscard]] std::string to_lines() const;
  /// Errors: kInvalid.
  static GuestConfig parse(std::string_view text);

  /// The hosts of a job on tens of thousands of nodes fit.
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
  /// The member's name in the archive; the agent finds it at `/` and this.
  static constexpr char kArchiveName[] = "workspace/job.conf";
};

}  // namespace workspace
