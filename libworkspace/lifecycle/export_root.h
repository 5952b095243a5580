#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/lifecycle/user_account.h"
#include "libworkspace/model/mount_spec.h"

namespace workspace {

/// What a 9p server has of the node: a mount namespace whose root holds one shared folder and
/// beside it only the server's own program and libraries, read-only. Whatever path a
/// hostile guest names, `..` and links included, there is nothing else to reach.
///
/// A single file is served in its folder, since a 9p client mounts nothing else: the folder is
/// read-only then, and a fence lets the server open the file and nothing else in it.
///
/// The source is opened with the user's rights and shown by that descriptor, so nobody can put
/// another folder in its place meanwhile. It is nosuid and nodev, and read-only where that was
/// asked for, with the file systems that are mounted in it.
struct ExportRoot {
  UniqueFd mount_namespace;
  std::string file;  ///< the name of the single file in the folder; empty: the folder is shared
  UniqueFd fence;    ///< that file's and the program's; none where the folder is shared

  static constexpr char kFolderPath[] = "/export";
};

/// The files of the node that the program needs to start: itself, its loader and its libraries, as
/// ldd(1) tells them. Errors: kHost.
std::vector<std::string> files_of_program(const std::string& program, Deadline deadline);

/// Makes the root for `mount`, with `files` in their places. Nothing where the user cannot reach
/// the source. Errors: kDenied where it leads to what may not be mounted, or is a file and the
/// kernel cannot fence it; kInvalid where it is neither folder nor file; kHost.
std::optional<ExportRoot> make_export_root(const UserAccount& user, const MountSpec& mount,
                                           const std::vector<std::string>& files);

}  // namespace workspace
