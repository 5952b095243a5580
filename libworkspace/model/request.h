#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/model/access.h"
#include "libworkspace/model/digest.h"
#include "libworkspace/model/digest_place.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/mount_spec.h"

namespace workspace {

/// What a job asks for, pinned at submission. It travels as one line in `SPANK_WORKSPACE`, which
/// the user can forge: the node takes it for a wish and checks everything again.
struct WorkspaceRequest {
  ImageName name;
  ImageVersion version;
  Digest digest;  ///< of the image's manifest, as registered at submission
  std::uint64_t disk_mib = 0;
  std::vector<MountSpec> mounts;
  /// What a job with this image needs on each node, its VM's own cost included: for the
  /// controller's check (job_submit.lua). The node reads the manifest.
  std::uint64_t needs_memory_mib = 0;
  std::uint32_t needs_vcpus = 0;
  /// 64 hexadecimal digits that the job's nodes share and no other user knows: what they make the
  /// job's own keys of, each by itself. Drawn at submission; empty: there are no such keys. One
  /// that a user chose is a secret of nobody's but that user's.
  std::string secret = {};
  /// By which accounts, partitions and QOS the image may be used, also for the controller's check;
  /// users and groups were checked already.
  AccessRules access = {};
  /// Where the controller shows image and digest in the job's record.
  DigestPlace shown_in = DigestPlace::kAdminComment;
  /// The variables that tasks have as they are outside, whatever the image and the rules say.
  std::vector<std::string> outside_variables = {};
  std::string working_directory = {};  ///< where tasks start inside; empty: not said
  bool root_inside = false;            ///< whether tasks are to be root inside
  /// The image to keep the job's changes as; nothing: they go with the job.
  std::optional<ImageName> save_as = {};

  /// Whether the controller is to prefer nodes that have the image (node_feature).
  bool prefer_cached = false;

  static constexpr std::size_t kMaxLineBytes = 4096;

  [[nodiscard]] std::string to_line() const;

  /// Errors: kInvalid for anything that to_line would not have written.
  static WorkspaceRequest parse(std::string_view line);
};

}  // namespace workspace
