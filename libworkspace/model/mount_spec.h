#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// A folder or file of the node that a job sees inside its VM, served with the job user's own
/// rights.
struct MountSpec {
  std::string source;       ///< absolute path on the node
  std::string destination;  ///< absolute path inside the VM
  bool read_only = false;

  bool operator==(const MountSpec&) const = default;

  /// One mount as users write it: `SRC[:DST[:ro|rw]]`, with `\` in front of a `:`, `,` or `\` that
  /// is part of a name. Errors: kInvalid, naming the part.
  static MountSpec parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

/// A comma-separated list of mounts, as in `--workspace-mount`; at most 16, no destination twice.
/// Errors: kInvalid.
std::vector<MountSpec> parse_mounts(std::string_view text);
std::string format_mounts(const std::vector<MountSpec>& mounts);

/// Refuses a source that is the node's own system and no one's data: `/`, and what is in `/proc`,
/// `/sys` or `/dev`. Errors: kDenied, naming it.
void check_mount_source(const std::string& source);

/// Refuses a destination that would hide what the guest's own system needs (`/`, `/proc`, `/usr`,
/// …). Errors: kDenied, naming it.
void check_mount_destination(const std::string& destination);

/// Both of them.
void check_mount(const MountSpec& mount);

/// An absolute path without `.`, `..` and empty parts, at most 1024 bytes, no control bytes.
/// Errors: kInvalid, naming `what`.
std::string check_absolute_path(std::string_view path, std::string_view what);

}  // namespace workspace
