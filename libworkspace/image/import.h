#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/image/import_source.h"
#include "libworkspace/image/left_out.h"
#include "libworkspace/image/sandbox.h"
#include "libworkspace/image/tree_task.h"

namespace workspace {

struct ImportOptions {
  /// Where files without a name are made while the import runs; it must have room for all of the
  /// source's files once more.
  std::string work_folder;
  std::string tree_program;  ///< workspace-tree's path
  TreeLimits limits;
  LeftOut left_out;  ///< all of it; see left_out_of_images() and left_out_of_machines()
  std::string compression = "zstd";
  std::int64_t newest_mtime_s = INT64_MAX;  ///< later times of files are set back to it
  unsigned partition = 0;                   ///< of a disk; 0: the one that can be meant
  std::vector<std::string> remote_shell = {"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"};
  /// Of the caller's environment, for the remote shell alone: NAME=VALUE.
  std::vector<std::string> remote_shell_environment = {};
  bool dry_run = false;  ///< read and check all, write nothing
};

/// Called some times a second. A total of 0 is not known.
using ImportProgress =
    std::function<void(std::string_view step, std::uint64_t done_bytes, std::uint64_t total_bytes)>;

struct ImportedTree {
  UniqueFd squashfs;  ///< a work file; not for a dry run
  TreeSummary summary;
  std::vector<std::string> notes;  ///< what the admin should know of, a line each
};

/// The archives of squashfs layers, as a TreeTask takes them: work files. Errors: as import_tree.
std::vector<UniqueFd> archives_of_layers(const std::vector<UniqueFd>& layers,
                                         const SandboxLimits& limits,
                                         const std::string& work_folder, Deadline deadline);

/// Makes a squashfs from a source. The same tree gives the same bytes, in whatever form it comes.
///
/// No byte of the source is parsed by this process, but for the fixed headers of SIF and qcow2:
/// archives, file systems, disks and container images are read by tools without rights (sandbox.h)
/// that hand on a tar, and workspace-tree checks every entry of it. Nothing is mounted.
///
/// Errors: kInvalid and kNotFound for a source that cannot be read or holds what an image may not;
/// kExceeded for more than the limits; kTimeout; kHost, such as for a full disk or a tool that is
/// not installed.
ImportedTree import_tree(ImportSource& source, const ImportOptions& options, Deadline deadline,
                         const ImportProgress& progress);

}  // namespace workspace
