#pragma once

#include <optional>
#include <string>

#include "libworkspace/base/fd.h"
#include "libworkspace/lifecycle/user_account.h"

namespace workspace {

/// What a mount is of, opened with the user's rights: a folder, or a file and the folder that it
/// is in. What happens to the path afterwards changes nothing of it.
struct MountSource {
  UniqueFd folder;
  UniqueFd file;     ///< none: the folder itself is the source
  std::string name;  ///< the file's, in the folder

  [[nodiscard]] const UniqueFd& asked() const { return file.valid() ? file : folder; }
};

/// Nothing where the user cannot reach it. All that asks the source's file system is done as the
/// user: it may be one that root may not look into, or that the user's own program serves, whose
/// errors are no fault of the node. Errors: kInvalid where it is neither folder nor file, or the
/// file lies on another file system than its folder; kHost.
std::optional<MountSource> open_mount_source(const UserAccount& user, const std::string& path);

/// The file that the name in the folder leads to, not through a link: nothing unless it is `file`.
std::optional<UniqueFd> open_same_file(const UniqueFd& folder, const std::string& name,
                                       const UniqueFd& file);

/// Opens a path as a place (O_PATH); invalid where it is not there. Errors: kHost when the node
/// has no more descriptors or memory.
UniqueFd open_path(const std::string& path, int flags);

/// A path that leads to what the descriptor of this thread is of.
std::string link_of(const UniqueFd& fd);

/// Where the descriptor's path really is. Errors: kHost.
std::string real_path_of(const UniqueFd& fd);

}  // namespace workspace
