#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/process.h"

namespace workspace {

enum class SourceKind {
  kFolder,     ///< a root file system as a folder
  kArchive,    ///< tar, compressed or not
  kContainer,  ///< what skopeo reads: an OCI layout, or a saved image
  kSif,
  kQcow2,
  kDisk,  ///< raw, with partitions
  kExt,
  kSquashfs,
  kMachine,  ///< a running one, over ssh
  kUpper,    ///< what a job has changed: an overlay's upper folder on the job's scratch disk
  kBuild,    ///< what a command makes, as a tar on its stdout
};

std::string_view name_of(SourceKind kind);

/// What an admin wants imported, opened and recognised by its first bytes.
struct ImportSource {
  SourceKind kind = SourceKind::kArchive;
  std::string name;            ///< as it was given
  std::string path;            ///< of a file or folder; on the machine for kMachine
  std::string host;            ///< of kMachine: [USER@]HOST
  std::string transport = {};  ///< of kContainer: oci, oci-archive or docker-archive
  UniqueFd fd = {};            ///< not for kMachine
  std::uint64_t size_bytes = 0;
  /// Squashfs files that overlayfs would lay over it, the lowest first: of kSquashfs and kExt.
  std::vector<UniqueFd> layers = {};
  Command builder = {};  ///< of kBuild

  /// A path, or `ssh:[USER@]HOST[:/PATH]`, `oci:FOLDER`, `oci-archive:FILE`, `docker-archive:FILE`.
  /// Errors: kInvalid for a host that is no name, and for a file of a kind that cannot be imported,
  /// saying what to do; kNotFound; kHost.
  static ImportSource open(const std::string& source);
};

}  // namespace workspace
